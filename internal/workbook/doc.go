// Package workbook reads, writes and gives back XLSX files: Office Open XML
// SpreadsheetML (ECMA-376, ISO/IEC 29500), transitional and strict. Every file is
// taken for hostile: nothing in it decides how much memory or time it gets.
//
// It does not know what a member is, which columns there are or what a cell
// means. It knows no CSV either: what both formats share is in package sheet,
// which stands on this one.
package workbook

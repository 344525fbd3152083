package problem

// Every code, one line each, with the values that its sentence may use. Never
// renamed, never reused. Each has a sentence in every language
// (internal/locale/catalog), and a test that says so.

// Files: reading them (package sheet).
const (
	FileEmpty          Code = "file-empty"            // no bytes, or nothing but blank lines
	FileUnsupported    Code = "file-unsupported"      // not a spreadsheet that can be read; values: what (xls, xlsb, ods, pdf, image, zip, encrypted, html, binary)
	FileTooLarge       Code = "file-too-large"        // more bytes than the limit; values: limit
	UploadBroken       Code = "upload-broken"         // what a browser sent ended too early, or is no form
	FileRowsTooMany    Code = "file-rows-too-many"    // values: limit
	FileColumnsTooMany Code = "file-columns-too-many" // values: limit
	CellTooLong        Code = "cell-too-long"         // values: limit (characters)
	RowTooLong         Code = "row-too-long"          // one row with more bytes than can be read at once; values: limit (bytes)
	FileUnreadable     Code = "file-unreadable"       // cannot be opened; values: file, reason (missing, forbidden, folder, other)
	FileUnwritable     Code = "file-unwritable"       // cannot be written; values: file, reason (missing, forbidden, folder, other)
	CharsetUnknown     Code = "charset-unknown"       // no charset of that name; values: charset, known
	CharsetInvalid     Code = "charset-invalid"       // bytes that the charset cannot have; values: charset, bytes (hex), offset (0-based byte in the file)
	CharsetUndetected  Code = "charset-undetected"    // no candidate fits every byte
	CharsetCannotHold  Code = "charset-cannot-hold"   // text that the charset of an export cannot hold; values: charset, count, places (list: the first ones, each member ID: column)
	DelimiterUnknown   Code = "delimiter-unknown"     // values: delimiter
	QuoteStray         Code = "quote-stray"           // a quote inside an unquoted cell, or text after a closing quote
	QuoteUnclosed      Code = "quote-unclosed"        // the quote opened on this line is never closed
	FormatDiffers      Code = "format-differs"        // not of the chosen format; values: format (csv, xlsx)
	FileNamedOtherwise Code = "file-named-otherwise"  // warning: the name's ending is that of another format; values: format (csv, xlsx), file
	SheetUnknown       Code = "sheet-unknown"         // values: name, known (list; may be empty)
	SheetHidden        Code = "sheet-hidden"          // values: name
	SheetOfCSV         Code = "sheet-of-csv"          // a CSV has no worksheets; values: name
	WorkbookDamaged    Code = "workbook-damaged"      // values: reason (zip, twice, part, missing, xml, doctype, encoding, order, reference, shared-string, value), part (name in the archive; may be empty)
	WorkbookLimit      Code = "workbook-limit"        // values: what (entries, directory, inflated, ratio, depth, attributes, text, table), limit
	WorkbookNoSheet    Code = "workbook-no-sheet"     // no worksheet in it, only charts or macros
	WorkbookOnlyTable  Code = "workbook-only-table"   // can be read, but not given back as a workbook; values: reason (alternate, columns, history, notes)
)

// Values that are lists hold their items with a newline between them. Warnings
// and notes (so marked) leave the row as it is planned; the others reject it.

// Files of file fields, and the zip in which they come (SPEC G3, E4).
const (
	FilesNotZip          Code = "files-not-zip"            // no zip, or a damaged one
	FilesTooMuch         Code = "files-too-much"           // values: what (bytes, entries, inflated), limit
	FilesEntryRefused    Code = "files-entry-refused"      // one entry spoils the zip; values: name, reason (path, link, twice, encrypted, ratio)
	FilesNeeded          Code = "files-needed"             // a cell names a file, and no zip was given; values: value
	FileMissing          Code = "file-missing"             // not in the zip; values: value, folder (the member's ID; empty for somebody new)
	FileBroken           Code = "file-broken"              // cannot be unpacked, or is not what the zip says; values: value
	FileNameInvalid      Code = "file-name-invalid"        // values: value, limit (bytes)
	FileExtensionRefused Code = "file-extension-refused"   // values: value, known (list; empty: any that does not run)
	FileTypeMismatch     Code = "file-type-mismatch"       // the content is of another type than the extension says; values: value, type (media type, program, ole, unknown)
	FileTooLargeForField Code = "file-too-large-for-field" // values: value, limit (bytes)
	FileBlank            Code = "file-blank"               // no bytes; values: value
	FileSameName         Code = "file-same-name"           // warning: the zip has another file of the name that the member has; values: value, path
	FileNotKept          Code = "file-not-kept"            // an undo would put back a file that is no longer kept; values: value (field)
	FileLost             Code = "file-lost"                // a member's file is not where it was stored; values: member (ID), value (field)
)

// Headers and the shape of rows.
const (
	HeaderUnknown           Code = "header-unknown"            // warning: the column is ignored; values: header
	HeaderNearMiss          Code = "header-near-miss"          // within an edit of a known one; values: header, meant (identifier), label (a line for each language: English, Japanese)
	HeaderDuplicate         Code = "header-duplicate"          // values: header, first (column)
	HeaderEmpty             Code = "header-empty"              // no header over filled cells; values: column
	HeaderNoneKnown         Code = "header-none-known"         // values: headers (list)
	HeaderNoKey             Code = "header-no-key"             // none of member_id, email, login_id; values: headers (list)
	HeaderNoMembership      Code = "header-no-membership"      // a memberships file needs group and member_id; values: headers (list)
	HeaderNoGroup           Code = "header-no-group"           // a groups file needs id or name; values: headers (list)
	RowShort                Code = "row-short"                 // values: cells, expected
	RowLong                 Code = "row-long"                  // filled cells beyond the header; values: cells, expected
	MappingUnknown          Code = "mapping-unknown"           // values: name
	MappingMalformed        Code = "mapping-malformed"         // not a JSON object of header and attribute
	MappingHeaderTwice      Code = "mapping-header-twice"      // two entries are the same header, as files are read; values: header
	MappingAttributeUnknown Code = "mapping-attribute-unknown" // values: header, attribute
	OptionsContradict       Code = "options-contradict"        // two options that cannot stand together; values: first, second
	OptionUnknown           Code = "option-unknown"            // values: option, value, known (list)
	LayoutMaybeInvitation   Code = "layout-maybe-invitation"   // warning: a CSV read as register has just the columns of the invitation layout
)

// What a cell holds, whatever the attribute.
const (
	ControlCharacter   Code = "control-character"   // a control character other than a newline
	DamagedNumber      Code = "damaged-number"      // 1.23E+15, or more than 15 digits that a spreadsheet rounded; values: value
	DamagedError       Code = "damaged-error"       // values: value (#N/A, #REF! …)
	DamagedDate        Code = "damaged-date"        // a workbook's date cell where a text belongs; values: value
	DamagedReplacement Code = "damaged-replacement" // U+FFFD: text lost before the file came to us
	DateSerial         Code = "date-serial"         // a spreadsheet's day number in a text column; values: value
	DateMalformed      Code = "date-malformed"      // values: value
	DateTimeMalformed  Code = "date-time-malformed" // values: value
	BooleanMalformed   Code = "boolean-malformed"   // values: value
	IntegerMalformed   Code = "integer-malformed"   // values: value
	NumberMalformed    Code = "number-malformed"    // values: value
	URLMalformed       Code = "url-malformed"       // values: value
	TextTooLong        Code = "text-too-long"       // values: limit (characters)
	TextTooShort       Code = "text-too-short"      // values: limit (characters)
	PatternMismatch    Code = "pattern-mismatch"    // values: value, rule (email, telephone, postal_code, url, digits, pattern)
	ChoiceUnknown      Code = "choice-unknown"      // not a choice of the field; values: value, known (list)
	ValueUnknown       Code = "value-unknown"       // not one of the fixed words of an attribute; values: value, known (list)
	ValuesMixed        Code = "values-mixed"        // +A and B in one cell; values: value
	RequiredBlank      Code = "required-blank"      // values: attribute
	ValueClearRefused  Code = "value-clear-refused" // {clear} in what cannot be empty; values: attribute
)

// Who the row is about.
const (
	MemberIDMalformed Code = "member-id-malformed" // values: value
	MemberUnknown     Code = "member-unknown"      // values: id, layout (of the file: register, invitation, memberships, or delete for a row that asks to delete; empty where there is none)
	MemberNotFound    Code = "member-not-found"    // no active member has this e-mail or login ID; values: value
	MembersNone       Code = "members-none"        // nobody of those who were selected is there, or nobody fulfils what was asked for
	MembersUnselected Code = "members-unselected"  // no row of a list was selected
	BatchNothing      Code = "batch-nothing"       // it was not said what is to be done with the selected members
	FormTooLarge      Code = "form-too-large"      // a form with its files has more bytes than its fields may; values: limit
	MemberWithdrawn   Code = "member-withdrawn"    // values: id, date, import
	MemberAmbiguous   Code = "member-ambiguous"    // e-mail and login ID lead to different members; values: email (member ID), login (member ID)
	EmailMalformed    Code = "email-malformed"     // values: value
	EmailBlank        Code = "email-blank"         // an invitation needs one
	EmailTaken        Code = "email-taken"         // values: value, member (ID)
	LoginIDMalformed  Code = "login-id-malformed"  // values: value
	LoginIDTaken      Code = "login-id-taken"      // values: value, member (ID)
	NameRequired      Code = "name-required"       // a registered member needs one
	ContactRequired   Code = "contact-required"    // M2: neither e-mail nor login ID
	NameTooLong       Code = "name-too-long"       // values: limit (characters)
	CellsIgnored      Code = "cells-ignored"       // warning: filled cells that the layout does not take over; values: attributes (list)
	GroupUnknown      Code = "group-unknown"       // values: value, create (yes where the option that creates unknown groups would help; else empty)
	GroupDisabled     Code = "group-disabled"      // values: value
)

// Passwords. Their sentences never hold the password.
const (
	PasswordShort           Code = "password-short"            // values: limit (characters)
	PasswordLong            Code = "password-long"             // values: limit (bytes)
	PasswordClasses         Code = "password-classes"          // too few kinds of characters; values: limit
	PasswordIsAddress       Code = "password-is-address"       // the same as the e-mail, login ID or name
	PasswordIgnored         Code = "password-ignored"          // warning: existing members keep theirs
	PasswordAndHash         Code = "password-and-hash"         // both cells filled
	PasswordHashUnsupported Code = "password-hash-unsupported" // not a known PHC or modular-crypt form
	PasswordHashCost        Code = "password-hash-cost"        // values: limit (scheme and bound)
	PasswordsTooMany        Code = "passwords-too-many"        // values: limit
)

// Deleting.
const (
	DeleteFlagMalformed Code = "delete-flag-malformed" // values: value, layout (register, invitation, memberships, groups)
	DeleteUnmatched     Code = "delete-unmatched"      // a row that deletes matches nobody
	DeleteIgnored       Code = "delete-ignored"        // warning: the address is no member, so it is invited
	DeleteSelf          Code = "delete-self"
	DeletePrimaryOwner  Code = "delete-primary-owner"
)

// Sign-in.
const (
	LockoutSelf         Code = "lockout-self"          // whoever plans it could not sign in any more
	LockoutPrimaryOwner Code = "lockout-primary-owner" // the primary owner could not, or not for ever
)

// The file as a whole: duplicates, stale cells.
const (
	DuplicateMember  Code = "duplicate-member"   // values: first (line; 0 of edits, which have none)
	DuplicateEmail   Code = "duplicate-email"    // values: value, first (line; 0 of edits, which have none)
	DuplicateLoginID Code = "duplicate-login-id" // values: value, first (line; 0 of edits, which have none)
	DuplicateGroup   Code = "duplicate-group"    // values: value, first (line)
	BundleRejected   Code = "bundle-rejected"    // hands an address over with a row that has a problem; values: line
	BaseForged       Code = "base-forged"        // _base is not a token of ours
	BaseOtherMember  Code = "base-other-member"  // warning: _base names another member and is not used
	BaseManyDisagree Code = "base-many-disagree" // values: count
	CellConflict     Code = "cell-conflict"      // changed here and in the file; values: was, now, yours
)

// Invitations.
const (
	AlreadyInvited             Code = "already-invited"               // note: open invitation kept, no second mail
	InvitationDiffers          Code = "invitation-differs"            // warning: open invitation kept although cells differ; values: attributes (list)
	InvitationAcceptedByImport Code = "invitation-accepted-by-import" // note: registering closes the open invitation
	InvitationPrimaryOwner     Code = "invitation-primary-owner"
	AddressesMissing           Code = "addresses-missing"    // nobody was named to be invited, or none of the invitations
	InvitationUnknown          Code = "invitation-unknown"   // values: value
	InvitationNotOpen          Code = "invitation-not-open"  // values: value
	InvitationLinkDead         Code = "invitation-link-dead" // the link is expired, used, cancelled or replaced
	BaseURLMissing             Code = "base-url-missing"     // links need the setting base_url
)

// Owners, roles, policies, seats.
const (
	RoleOnOwner          Code = "role-on-owner"   // values: value
	PolicyOnOwner        Code = "policy-on-owner" // values: value
	OwnerWithWrite       Code = "owner-with-write"
	RoleOnAdmin          Code = "role-on-admin"           // values: value
	RoleUnknown          Code = "role-unknown"            // values: value, known (list)
	PolicyUnknown        Code = "policy-unknown"          // values: value, known (list)
	StrippedByRoleChange Code = "stripped-by-role-change" // note: M4 and M5 take away; values: attributes (list)
	PrimaryOwnerNone     Code = "primary-owner-none"
	PrimaryOwnerMany     Code = "primary-owner-many" // values: count
	SeatsMissing         Code = "seats-missing"      // values: missing, limit
)

// Options of an import.
const (
	OptionOnly         Code = "option-only"          // note: left as it is because of --only; values: action
	SyncRefusedRejects Code = "sync-refused-rejects" // values: count
	SyncEmpty          Code = "sync-empty"
	SyncNoKey          Code = "sync-no-key"           // the file cannot name who is a member already
	RenameLikely       Code = "rename-likely"         // warning: values: member (ID), name
	RenameNotLookedFor Code = "rename-not-looked-for" // warning of the plan: too many new rows; values: limit
	SameFileApplied    Code = "same-file-applied"     // warning: values: who, when, import
)

// Undo.
const (
	ChangedSince            Code = "changed-since"       // values: who, when, what (deleted; empty: changed)
	AddressTakenSince       Code = "address-taken-since" // values: value
	PersonErased            Code = "person-erased"
	InvitationAcceptedSince Code = "invitation-accepted-since"
	GroupGone               Code = "group-gone"       // values: value
	RoleGone                Code = "role-gone"        // values: value
	PolicyGone              Code = "policy-gone"      // values: value
	FieldGone               Code = "field-gone"       // values: value
	UndoNotApplied          Code = "undo-not-applied" // values: import
)

// Plans and applying them.
const (
	PlanStale          Code = "plan-stale"           // values: what (member, erased, address, invitation, seats, primary_owner, group, role, policy, field, file, rights), members (a line for each ID, at most five; may be empty), count (of all such members), who (list: of those who changed them last; 0 for the operator only; empty if nobody knows)
	PlanAlreadyApplied Code = "plan-already-applied" // values: id
	PlanDiscarded      Code = "plan-discarded"       // values: id
	PlanRejected       Code = "plan-rejected"        // values: id, kind (file, undo, edit)
	PlanFailed         Code = "plan-failed"          // planning ended with an error; values: id
	PlanNotReady       Code = "plan-not-ready"       // still planning, or applying; values: id
	NothingToCancel    Code = "nothing-to-cancel"    // it is not planned or applied in the background; values: id
	SumMismatch        Code = "sum-mismatch"         // the plan is not what was shown
	SumMalformed       Code = "sum-malformed"        // values: value
	BrakesNotAccepted  Code = "brakes-not-accepted"  // values: accept (deletes=12,mails=300), id (of the plan that waits; empty if none does)
	BrakeUnknown       Code = "brake-unknown"        // values: value, known (list)
	ApprovalNeeded     Code = "approval-needed"      // values: id
	ApprovalOwn        Code = "approval-own"         // the author cannot be the second person
	ImportUnknown      Code = "import-unknown"       // values: id
	UploadGone         Code = "upload-gone"          // brought and not sent for hours, sent already, or of somebody else
	UploadMissing      Code = "upload-missing"       // a form came without a file
	AgainImpossible    Code = "again-impossible"     // a plan that cannot be made anew from what is kept; values: reason (passwords, files, edit)
	FileGone           Code = "file-gone"            // the kept file was deleted; values: import
	FileDamaged        Code = "file-damaged"         // the kept file was changed or cut, or another key sealed it
	PasswordsNotYours  Code = "passwords-not-yours"  // only who imported may fetch them; values: import, who (empty: the operator)
	PasswordsGone      Code = "passwords-gone"       // downloaded, expired, or never any; values: import
	EraseBusy          Code = "erase-busy"           // a file is being planned, which may name who is to be erased
	JournalBroken      Code = "journal-broken"       // the chain does not verify; values: import
)

// Organisation, actor, installation.
const (
	OrganisationUnknown Code = "organisation-unknown" // values: name
	OrganisationExists  Code = "organisation-exists"  // values: name
	OrganisationNeeded  Code = "organisation-needed"  // there are several; values: known (list)
	DatabaseMissing     Code = "database-missing"     // no such file; values: file
	NotSetUp            Code = "not-set-up"
	ActorUnknown        Code = "actor-unknown"       // values: value
	ActorForbidden      Code = "forbidden"           // values: right
	OwnerOnly           Code = "owner-only"          // only owners change owners, seats and subscription
	AdministratorOnly   Code = "administrator-only"  // only administrators change administrators and give or take rights
	RightsNotYours      Code = "rights-not-yours"    // a role, or the default access, with rights that the actor does not have
	AttributeForbidden  Code = "attribute-forbidden" // the actor may not give this value on a page either; values: attribute
	DatabaseNewer       Code = "database-newer"      // values: have, want (schema versions)
	DatabaseUnreachable Code = "database-unreachable"
	ConfigMalformed     Code = "config-malformed"     // the file of settings is no TOML; values: file, line
	ConfigKeyUnknown    Code = "config-key-unknown"   // values: file, line, key, meant (may be empty), known (list)
	ConfigValueInvalid  Code = "config-value-invalid" // values: file, line, key, known (list; empty: any text)
	FilesUnreachable    Code = "files-unreachable"    // the storage of files; values: where (its URL), reason (connection, bucket, region, forbidden, credentials, other), code (of S3's refusal, or the HTTP status; may be empty)
	FilesPlaceInvalid   Code = "files-place-invalid"  // where files are to be kept cannot be understood; values: what (scheme, url, keys, bucket, prefix, endpoint, path_style, parameter, environment), value (may be empty), known (list: parameters)
	SetupCodeWrong      Code = "setup-code-wrong"     // what was typed is not the code that serve printed
	AddressUnusable     Code = "address-unusable"     // nobody can listen there; values: value
	TracesProtocol      Code = "traces-protocol"      // OpenTelemetry is told a protocol that is not spoken; values: value, where (the variable)
	ServerNotReady      Code = "server-not-ready"     // a server that was asked does not answer, or is not ready; values: value (its address), reason (stopping, database, files; empty: no answer)
	KeyMismatch         Code = "key-mismatch"         // the instance's key is not the one the database was made with
	KeyMalformed        Code = "key-malformed"        // the instance's key is not one of 32 bytes; values: where (MEIBO_KEY, or the path of the key file)
	OperatorOnly        Code = "operator-only"        // only the operator of the machine may do it
	ExportGone          Code = "export-gone"          // an export in the background is not there, not ready, or somebody else's
	ExportErased        Code = "export-erased"        // an export in the background could have held somebody who was erased: it was removed
	FileExists          Code = "file-exists"          // would be overwritten; values: file
	BackupPostgres      Code = "backup-postgres"      // PostgreSQL has its own program for it; values: command
	KeyMissing          Code = "key-missing"          // values: file
	TimeZoneUnknown     Code = "time-zone-unknown"    // values: value
)

// Exports and filters.
const (
	ColumnUnknown           Code = "column-unknown"            // values: name
	ColumnTwice             Code = "column-twice"              // a column was chosen twice; values: name
	ExportFormatUnsupported Code = "export-format-unsupported" // neither CSV nor XLSX; values: format
	SampleMalformed         Code = "sample-malformed"          // N < 1 or no number; values: value
	RangeMalformed          Code = "range-malformed"           // values: value
	FilterSyntax            Code = "filter-syntax"             // values: position (1-based character), near (empty at the end)
	FilterAttributeUnknown  Code = "filter-attribute-unknown"  // values: name, known (list), position
	FilterType              Code = "filter-type"               // operator or value does not fit the attribute; values: attribute, near, expected (list: operators; words; or text, integer, number, boolean, date, datetime), position
	FilterTooLong           Code = "filter-too-long"           // values: limit (characters)
	FilterTooDeep           Code = "filter-too-deep"           // values: limit
	FilterUnknown           Code = "filter-unknown"            // no saved filter of that name; values: name
	NamedExportUnknown      Code = "named-export-unknown"      // values: name
	NamedExportTaken        Code = "named-export-taken"        // values: value
	NamedExportGone         Code = "named-export-gone"         // what a named export uses is gone; values: name, groups (list), columns (list), filter (a saved one), inside (list: fields and groups that its filter asks for); each may be empty
)

// Masters: groups, fields, filters, roles, brands, policies, seats, settings.
const (
	NameTaken                 Code = "name-taken"    // values: value
	NameInvalid               Code = "name-invalid"  // of a group, G1; values: value
	CodeTaken                 Code = "code-taken"    // values: value
	CodeInvalid               Code = "code-invalid"  // values: value
	TitleInvalid              Code = "title-invalid" // what a role, brand, policy or filter is called: blank, too long, or more than one line; values: value, limit (characters)
	BrandUnknown              Code = "brand-unknown" // values: value
	BrandsRequired            Code = "brands-required"
	BrandLast                 Code = "brand-last"               // the only brand of a policy; values: policies (list)
	InUse                     Code = "in-use"                   // values: kind (group, field, role, policy), members, invitations
	GroupIDNeeded             Code = "group-id-needed"          // a row that deletes has no group ID
	FilterNotYours            Code = "filter-not-yours"         // only who made it and administrators change a filter; values: name
	RolesTooMany              Code = "roles-too-many"           // values: limit
	RightUnknown              Code = "right-unknown"            // values: value, known (list)
	SeatsMalformed            Code = "seats-malformed"          // values: value
	SeatsBelowUse             Code = "seats-below-use"          // values: use
	FieldUnknown              Code = "field-unknown"            // values: value
	FieldIdentifierInvalid    Code = "field-identifier-invalid" // values: value
	FieldIdentifierTaken      Code = "field-identifier-taken"   // values: value
	FieldTypeUnknown          Code = "field-type-unknown"       // values: value, known (list)
	FieldTypeFixed            Code = "field-type-fixed"         // the type of a field that exists cannot change
	FieldChoicesRequired      Code = "field-choices-required"
	FieldChoiceInvalid        Code = "field-choice-invalid"        // a key is blank, twice, or holds | or a newline; values: value
	FieldLimitsInvalid        Code = "field-limits-invalid"        // the least is above the most
	FieldPatternInvalid       Code = "field-pattern-invalid"       // not an RE2 expression
	FieldsMalformed           Code = "fields-malformed"            // not definitions in JSON
	FieldExtensionInvalid     Code = "field-extension-invalid"     // not letters and digits, twice, or of files that run; values: value
	FieldFileLimitsInvalid    Code = "field-file-limits-invalid"   // a size below 0, or too many extensions; values: limit (extensions)
	FieldLabelInvalid         Code = "field-label-invalid"         // blank, too long, or more than one line; values: value, limit (characters)
	FieldFormatUnknown        Code = "field-format-unknown"        // values: value, known (list)
	FieldRestrictionMisplaced Code = "field-restriction-misplaced" // values: restriction (choices, length, format, pattern, file), type
	FieldChoicesTooMany       Code = "field-choices-too-many"      // values: limit
	FieldsTooMany             Code = "fields-too-many"             // values: limit
	LabelTaken                Code = "label-taken"                 // values: value
	SettingUnknown            Code = "setting-unknown"             // values: name
	SettingMalformed          Code = "setting-malformed"           // values: name, value, limit (the largest count; empty of what is none)
)

// Mails: sending them (package mail and the outbox).
const (
	SMTPMissing        Code = "smtp-missing"         // no server to send mails by was named
	SMTPMalformed      Code = "smtp-malformed"       // the address of the server; it is not quoted, it may have a password
	SenderMissing      Code = "sender-missing"       // the setting sender is empty, or no address
	MailUnreachable    Code = "mail-unreachable"     // the server cannot be reached, or does not let us in; values: answer
	MailPostponed      Code = "mail-postponed"       // the server will not take it now; values: answer
	MailRefused        Code = "mail-refused"         // the server will never take it; values: answer
	MailGivenUp        Code = "mail-given-up"        // tried too often; values: answer
	MailNoAddress      Code = "mail-no-address"      // who it was for has no address, or is gone
	MailInvitationOver Code = "mail-invitation-over" // values: state (accepted, expired, cancelled)
	MailLinkOver       Code = "mail-link-over"       // what its link was for was done or given up
)

// Sign-in, links of mails, own profile.
const (
	LinkDead           Code = "link-dead"           // of a password or an address: used, over, or not ours
	SignInFailed       Code = "sign-in-failed"      // no such name, or another password
	SignInLocked       Code = "sign-in-locked"      // too many failures; values: minutes
	SignInNotAllowed   Code = "sign-in-not-allowed" // login_allowed or login_until says no
	SessionOver        Code = "session-over"
	MailsTooMany       Code = "mails-too-many" // to new addresses, asked for by one member; values: minutes
	SecondFactorNeeded Code = "second-factor-needed"
	SecondFactorWrong  Code = "second-factor-wrong"
	SecondFactorOn     Code = "second-factor-on"  // there is one already
	SecondFactorOff    Code = "second-factor-off" // there is none to take away
	SecondFactorOwn    Code = "second-factor-own" // nobody takes off their own without the password
	NoPasswordLink     Code = "no-password-link"  // to who has no address, or may not sign in
	PasswordMustChange Code = "password-must-change"
	PasswordWrong      Code = "password-wrong"       // of somebody who is signed in
	PasswordUsed       Code = "password-used"        // one of the last; values: limit
	ProfileMembersOnly Code = "profile-members-only" // the operator of the machine has no profile
	ProfileOwned       Code = "profile-owned"        // only the member changes name and e-mail; values: attribute
	LanguageUnknown    Code = "language-unknown"     // values: value
	PasskeyAddress     Code = "passkey-address"      // base_url is nothing that browsers make passkeys for; values: value
	PasskeyCopied      Code = "passkey-copied"       // its authenticator counted less than before
	PasskeyName        Code = "passkey-name"         // values: limit
	PasskeysTooMany    Code = "passkeys-too-many"    // values: limit
	PasskeyRefused     Code = "passkey-refused"      // what the authenticator answered does not hold
	PasskeyUnknown     Code = "passkey-unknown"
)

// Package mail composes messages and hands them to a server over SMTP.
//
// It does not know when a mail is to be sent, nor why, nor what its sentences
// say: they come in the reader's language from whoever sends.
package mail

import (
	"bytes"
	"fmt"
	"html/template"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A Letter is what a mail says: paragraphs, a link of its own line, and
// paragraphs after it.
type Letter struct {
	Lang    string // en or ja
	Subject string
	Before  []string
	Link    string // empty for none
	Label   string // what the link says in HTML
	After   []string
}

// Text returns the letter as plain text. The link stands on a line of its own,
// where programs find its end.
func (l Letter) Text() string {
	parts := append([]string{}, l.Before...)
	if l.Link != "" {
		parts = append(parts, l.Link)
	}
	return strings.Join(append(parts, l.After...), "\n\n") + "\n"
}

// HTML returns the letter as a page without images, scripts or anything that is
// loaded from elsewhere: opening it tells nobody.
func (l Letter) HTML() (string, error) {
	var b bytes.Buffer
	err := page.Execute(&b, l)
	return b.String(), err
}

var page = template.Must(template.New("letter").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font-family: sans-serif; line-height: 1.6; color: #222; max-width: 36em; margin: 1.5em auto; padding: 0 1em">
{{range .Before}}<p>{{.}}</p>
{{end}}{{if .Link}}<p><a href="{{.Link}}" style="display: inline-block; padding: .6em 1.2em; background: #1d4ed8; color: #fff; text-decoration: none; border-radius: .3em">{{.Label}}</a></p>
<p style="font-size: small; word-break: break-all">{{.Link}}</p>
{{end}}{{range .After}}<p>{{.}}</p>
{{end}}</body></html>
`))

// A Message is a letter on its way.
type Message struct {
	ID   string // Message-ID without its brackets, the same with every attempt
	From *netmail.Address
	To   string // an address alone
	Date time.Time
	Letter
}

// compose makes what goes over the wire: UTF-8, plain text and HTML.
func (m Message) compose() (*gomail.Msg, error) {
	html, err := m.HTML()
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.From)
	msg.ToMailAddress(&netmail.Address{Address: m.To})
	msg.SetMessageIDWithValue(m.ID)
	msg.SetDateWithValue(m.Date)
	msg.Subject(m.Subject)
	// No answers by machines (RFC 3834, section 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("Content-Language", m.Lang)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text())
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

// ParseAddress reads a sender: an address, or a name with one in angle brackets.
func ParseAddress(text string) (*netmail.Address, error) { return netmail.ParseAddress(text) }

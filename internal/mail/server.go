package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"meibo/internal/problem"
)

// A Server is an SMTP server that takes mails. Make one with [ParseServer]. Its
// String has no password.
type Server struct {
	host           string
	port           int
	tlsFirst       bool // smtps: TLS before the first word
	tls            gomail.TLSPolicy
	user, password string

	Timeout time.Duration // of each step; [ParseServer] sets 30 seconds
	TLS     *tls.Config   // nil: the machine's authorities
}

// stepTimeout is how long a server may take for one answer: RFC 5321, section
// 4.5.3.2, allows minutes, but nobody's relay needs them.
const stepTimeout = 30 * time.Second

// ParseServer reads smtp://user:password@host:587 or smtps://…. Over smtp the
// connection is encrypted (STARTTLS) if the server can, and must be where there
// is a password; ?tls=none is for a relay on the same machine that has bad
// certificates. Its problem is SMTPMalformed, which quotes nothing.
func ParseServer(text string) (Server, error) {
	malformed := problem.New(problem.SMTPMalformed)
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return Server{}, malformed
	}
	s := Server{host: u.Hostname(), port: 587, tls: gomail.TLSOpportunistic, user: u.User.Username(), Timeout: stepTimeout}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.port, s.tlsFirst = 465, true
	default:
		return Server{}, malformed
	}
	if s.user != "" {
		s.tls = gomail.TLSMandatory
	}
	switch how := u.Query().Get("tls"); {
	case how == "none" && !s.tlsFirst:
		s.tls = gomail.NoTLS
	case how != "":
		return Server{}, malformed
	}
	if port := u.Port(); port != "" {
		if s.port, err = strconv.Atoi(port); err != nil || s.port < 1 || s.port > 65535 {
			return Server{}, malformed
		}
	}
	return s, nil
}

// String returns the address without the password.
func (s Server) String() string {
	u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(s.host, strconv.Itoa(s.port))}
	if s.tlsFirst {
		u.Scheme = "smtps"
	}
	if s.user != "" {
		u.User = url.User(s.user)
	}
	if s.tls == gomail.NoTLS {
		u.RawQuery = "tls=none"
	}
	return u.String()
}

// A Failure says that a mail was not taken. Its Error has no answer of the
// server's, which may quote the recipient: errors end up in logs.
type Failure struct {
	Permanent bool   // trying again is of no use: the server said 5xx to this mail
	Lost      bool   // the connection is of no use any more
	Answer    string // what the server or the network said, one line; may quote the recipient
}

// Error tells the kind of failure.
func (f *Failure) Error() string {
	switch {
	case f.Permanent:
		return "mail refused"
	case f.Lost:
		return "mail server not reachable"
	}
	return "mail postponed"
}

// A Connection hands over mails one after another. It is for one goroutine.
type Connection struct {
	client *gomail.Client
	conn   net.Conn
}

// Connect opens a connection, encrypts it and signs in. Its error is a *Failure
// that is never permanent: it is about the server, not about a mail.
func (s Server) Connect(ctx context.Context) (*Connection, error) {
	c := &Connection{}
	options := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(s.Timeout), gomail.WithTLSPolicy(s.tls), gomail.WithoutNoop()}
	config := s.TLS
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.host}
	}
	options = append(options, gomail.WithTLSConfig(config), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		if s.tlsFirst {
			conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		c.conn = conn
		return conn, err
	}))
	if s.user != "" {
		how := gomail.SMTPAuthAutoDiscover
		if s.tls == gomail.NoTLS {
			how = gomail.SMTPAuthPlainNoEnc // asked for in so many words
		}
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithSMTPAuth(how))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail client: %w", err)
	}
	c.client = client
	if err := client.DialWithContext(ctx); err != nil {
		c.hangUp()
		return nil, &Failure{Lost: true, Answer: answer(err)}
	}
	return c, nil
}

// Send hands over one mail. A *Failure says that the server did not take it; with
// none it has. Between the two stands a connection that broke after the last
// byte: that is a failure, and the mail may arrive twice with the same ID.
func (c *Connection) Send(ctx context.Context, m Message) error {
	msg, err := m.compose()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.hangUp) // the library waits for the server alone
	defer stop()
	if err := ctx.Err(); err != nil {
		return err
	}
	err = c.client.Send(msg)
	if err == nil || msg.IsDelivered() {
		return nil
	}
	f := &Failure{Answer: answer(err), Lost: true}
	var sent *gomail.SendError
	if errors.As(err, &sent) {
		code := sent.ErrorCode()
		f.Permanent = code >= 500
		f.Lost = code == 0 || code == 421
		switch sent.Reason {
		case gomail.ErrGetSender, gomail.ErrGetRcpts: // an address that cannot be written
			f.Permanent, f.Lost = true, false
		}
	}
	return f
}

// Close says goodbye. What the server answers to that changes nothing.
func (c *Connection) Close() {
	_ = c.client.Close()
	c.hangUp()
}

func (c *Connection) hangUp() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// answerMost is how many characters of an answer are worth keeping.
const answerMost = 300

var (
	afterAnswer = regexp.MustCompile(`(?s), affected (recipient|message).*$`)
	reply       = regexp.MustCompile(`(?s)\b[45]\d\d[ -].*$`)
	controls    = regexp.MustCompile(`[\x00-\x1f\x7f]+`)
)

// answer returns what the server said, without the library's words around it,
// or what the network said.
func answer(err error) string {
	text := afterAnswer.ReplaceAllString(err.Error(), "")
	if said := reply.FindString(text); said != "" {
		text = said
		if quoted, err := strconv.Unquote(strings.TrimSpace(said[4:])); err == nil { // textproto.Error
			text = said[:4] + quoted
		}
	}
	text = strings.ToValidUTF8(controls.ReplaceAllString(text, " "), "�")
	if rs := []rune(text); len(rs) > answerMost {
		text = string(rs[:answerMost]) + "…"
	}
	return text
}

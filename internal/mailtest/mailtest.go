// Package mailtest is a real SMTP server in the test's process, which keeps what
// arrives and can be told to refuse, to hang and to break connections. Only
// tests import it; it knows nothing of ours.
package mailtest

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Behaviour is what the server does with mails to an address.
type Behaviour struct {
	Code   int    // refuse with this code and Text; 0: take it
	Text   string // of the refusal
	AtData bool   // refuse the content, not the recipient
	Drop   bool   // break the connection instead of answering the content; the mail is lost
	Break  bool   // keep the mail, and break the connection before saying so
	Hang   bool   // never answer the content
}

// A Mail is one that arrived.
type Mail struct {
	From, To string // of the envelope
	Header   netmail.Header
	Subject  string
	Text     string // the part in plain text, with LF
	HTML     string
}

// A Server is a running server.
type Server struct {
	URL string // smtp://127.0.0.1:port

	mu       sync.Mutex
	mails    []Mail
	behave   map[string]Behaviour
	sessions int
	password string // of the user "meibo"; empty: nobody signs in
	server   *smtp.Server
	over     chan struct{}
}

// Start starts a server that takes every mail until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("mail server for tests: %v", err)
	}
	s := &Server{URL: "smtp://" + listener.Addr().String(), behave: map[string]Behaviour{}, over: make(chan struct{})}
	s.server = smtp.NewServer(s)
	s.server.AllowInsecureAuth = true
	s.server.Domain = "test.example"
	s.server.ErrorLog = quiet{}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.server.Serve(listener) })
	t.Cleanup(func() {
		close(s.over)
		_ = s.server.Close()
		serving.Wait()
	})
	return s
}

// quiet drops what the server logs of connections that a test breaks.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// On says what to do with mails to an address from now on.
func (s *Server) On(address string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave[address] = b
}

// Require lets nobody in without this password, as user "meibo".
func (s *Server) Require(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// Mails returns what arrived so far, in the order of arrival.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Sessions returns how many connections were opened so far.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// NewSession is called for each connection.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions++
	return &session{s: s, conn: c, in: s.password == ""}, nil
}

func (s *Server) behaviour(to string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behave[to]
}

type session struct {
	s        *Server
	conn     *smtp.Conn
	in       bool
	from, to string
}

func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		x.s.mu.Lock()
		defer x.s.mu.Unlock()
		if user != "meibo" || password != x.s.password {
			return errors.New("wrong password")
		}
		x.in = true
		return nil
	}), nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if !x.in {
		return smtp.ErrAuthRequired
	}
	x.from = from
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	if b := x.s.behaviour(to); b.Code != 0 && !b.AtData {
		return &smtp.SMTPError{Code: b.Code, EnhancedCode: smtp.NoEnhancedCode, Message: b.Text}
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	m, err := read(r)
	if err != nil {
		return err
	}
	m.From, m.To = x.from, x.to
	b := x.s.behaviour(x.to)
	switch {
	case b.Hang:
		<-x.s.over
		return errors.New("over")
	case b.Drop:
		return x.conn.Conn().Close()
	case b.Code != 0:
		return &smtp.SMTPError{Code: b.Code, EnhancedCode: smtp.NoEnhancedCode, Message: b.Text}
	}
	x.s.mu.Lock()
	x.s.mails = append(x.s.mails, m)
	x.s.mu.Unlock()
	if b.Break {
		return x.conn.Conn().Close()
	}
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// read takes a mail apart as a mail program does.
func read(r io.Reader) (Mail, error) {
	msg, err := netmail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Header: msg.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return m, err
	}
	kind, values, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return m, errors.Join(err, errors.New("not multipart: "+kind))
	}
	parts := multipart.NewReader(msg.Body, values["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		body := io.Reader(part)
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			return m, err
		}
		text := strings.ReplaceAll(string(content), "\r\n", "\n")
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = text
		} else {
			m.Text = text
		}
	}
}

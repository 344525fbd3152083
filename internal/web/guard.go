package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// policy lets a page load what is ours and nothing else: no script inside of
// pages, no frames around them, forms to nobody else (CSP Level 3).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// guard is what every request goes through: headers, the same-origin check, the
// log, and what a panic becomes.
func (s *server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{server: s, w: w, r: r, id: requestID(r)}
		q.speak("")
		q.refuse(http.StatusForbidden, "web.error.origin")
	}))
	checked := origin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := s.now()
		id := newID()
		asked := r
		r, span := traced(r)
		defer func() { asked.MultipartForm = r.MultipartForm }() // whose files the server removes when it is done with what was asked
		r.Header.Set(requestHeader, id)                          // nobody else's: it is what the log says
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		counted := &counting{ResponseWriter: w, status: http.StatusOK}
		defer func() { // after a panic too, whatever becomes of it
			took := s.now().Sub(begin)
			endSpan(span, id, r.Method, r.Pattern, counted.status)
			s.answered(r.Pattern, counted.status, took)
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("request", id), slog.String("method", r.Method),
				slog.String("route", r.Pattern), slog.Int("status", counted.status), slog.Duration("took", took.Round(time.Millisecond)))
		}()
		defer func() {
			if p := recover(); p != nil {
				s.panicked(counted, r, p)
			}
		}()
		checked.ServeHTTP(counted, r)
	})
}

// panicked tells the log what went wrong, and the reader a number. Where an
// answer has begun the connection is broken off, so that it never looks complete.
func (s *server) panicked(w *counting, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.log.Error("panic", "request", requestID(r), "what", fmt.Sprint(p), "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	q := &request{server: s, w: w, r: r, id: requestID(r)}
	q.speak("")
	q.incident()
}

const requestHeader = "X-Request-Id"

func requestID(r *http.Request) string { return r.Header.Get(requestHeader) }

func newID() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails, see its documentation
	return hex.EncodeToString(b)
}

// counting remembers how a request was answered.
type counting struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (c *counting) WriteHeader(status int) {
	if !c.begun {
		c.status, c.begun = status, true
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counting) Write(b []byte) (int, error) {
	c.begun = true
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (c *counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

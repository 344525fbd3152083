package web

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// rates bounds how often an address may try what costs much or guesses: signing
// in, tokens, uploads. It is of this process: several servers allow as many times
// more. Failures of one member are counted by admin, whatever the address.
type rates struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]bucket
}

// A bucket is how many tries were left at a time.
type bucket struct {
	left float64
	at   time.Time
}

const (
	triesAtOnce    = 30.0
	triesPerSecond = 0.5
	mostAddresses  = 10_000
)

func newRates(now func() time.Time) *rates { return &rates{now: now, seen: map[string]bucket{}} }

// take reports whether an address may try now.
func (l *rates) take(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, known := l.seen[address]
	if !known {
		l.makeRoom(now)
		b = bucket{triesAtOnce, now}
	}
	b.left, b.at = min(triesAtOnce, b.left+now.Sub(b.at).Seconds()*triesPerSecond), now
	ok := b.left >= 1
	if ok {
		b.left--
	}
	l.seen[address] = b
	return ok
}

// makeRoom forgets addresses that have all their tries again; where that is not
// enough, all of them.
func (l *rates) makeRoom(now time.Time) {
	if len(l.seen) < mostAddresses {
		return
	}
	for address, b := range l.seen {
		if b.left+now.Sub(b.at).Seconds()*triesPerSecond >= triesAtOnce {
			delete(l.seen, address)
		}
	}
	if len(l.seen) >= mostAddresses {
		clear(l.seen)
	}
}

// limited refuses a request whose address tries too often.
func (q *request) limited() error {
	if q.limits.take(neighbourhood(q.r)) {
		return nil
	}
	q.w.Header().Set("Retry-After", "60")
	q.refuse(http.StatusTooManyRequests, "web.error.often")
	return errAnswered
}

// neighbourhood is whose tries are counted together: an IPv4 address, or the /64
// of an IPv6 address, which is one household's. Where a proxy on this machine
// passes requests on, it is the last address that the proxy names.
func neighbourhood(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := from.Addr().Unmap()
	if named := r.Header.Values("X-Forwarded-For"); address.IsLoopback() && len(named) > 0 {
		all := strings.Split(named[len(named)-1], ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			address = last.Unmap()
		}
	}
	if address.Is6() {
		return netip.PrefixFrom(address.WithZone(""), 64).Masked().String()
	}
	return address.String()
}

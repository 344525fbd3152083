package admin

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// exportPage is how many members are read at once: enough to make the round
// trip cheap, few enough that the first byte is there at once.
const exportPage = 2000

// shownPlaces is how many of the places are named that a charset cannot hold.
const shownPlaces = 5

// check refuses, before the first byte, what the charset cannot hold (F13).
func (x *exporter) check(ctx context.Context) error {
	if x.narrow == nil || x.e.Replace {
		return nil
	}
	count, places := int64(0), []string(nil)
	err := x.members(ctx, "checking", func(m *member.Member) error {
		x.fill(m)
		for i, cell := range x.cells {
			if x.narrow.Holds(cell) {
				continue
			}
			if count++; len(places) < shownPlaces {
				places = append(places, line(m.ID)+": "+x.columns[i].header)
			}
		}
		return nil
	})
	if err != nil || count == 0 {
		return err
	}
	return problem.New(problem.CharsetCannotHold, "charset", x.e.Charset, "count", line(count), "places", strings.Join(places, "\n"))
}

// write writes the file.
func (x *exporter) write(ctx context.Context, w io.Writer) error {
	out, err := newTable(w, x.shape())
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil { // the reader shall see that it begins
		return err
	}
	n := int64(0)
	err = x.members(ctx, "exporting", func(m *member.Member) error {
		n++
		return out.Write(x.row(m))
	})
	if err != nil {
		return err
	}
	x.done.Members = n
	if csv, ok := out.(*sheet.Writer); ok {
		x.done.Replaced = csv.Lossy()
	}
	return out.Close()
}

// members calls f for every member of the export, by ID; f keeps none. The next page is
// read beside f, into the room of an earlier one.
func (x *exporter) members(ctx context.Context, step string, f func(m *member.Member) error) error {
	group, ctx := errgroup.WithContext(ctx)
	pages, free := make(chan []member.Member, 1), make(chan []member.Member, 3)
	free <- nil // with the one that is written and the one that is read
	free <- nil
	group.Go(func() error {
		defer close(pages)
		return x.read(ctx, func(ms []member.Member) (room []member.Member, err error) {
			select {
			case pages <- ms:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			select {
			case room = <-free:
				return room, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	})
	group.Go(func() error {
		done := int64(0)
		for ms := range pages {
			for i := range ms {
				if err := f(&ms[i]); err != nil {
					return err
				}
			}
			done += int64(len(ms))
			free <- ms
			x.progress(Progress{Step: step, Done: done, Total: x.done.Members})
		}
		return nil
	})
	return group.Wait()
}

// A pager is given pages of members, and returns room for the next one.
type pager func([]member.Member) (room []member.Member, err error)

// read hands over the members of the range, or those of them that are drawn, a
// page at a time, and gets room for the next one.
func (x *exporter) read(ctx context.Context, page pager) error {
	var room []member.Member
	hand := func(ids []int64) error {
		if len(ids) == 0 {
			return nil
		}
		ms, err := x.view.MembersOf(ctx, x.a.Org.ID, ids, room)
		if err != nil {
			return err
		}
		room, err = page(ms)
		return err
	}
	if x.e.Sample > 0 && x.which.Everyone() {
		return x.draw(ctx, hand)
	}
	return x.walk(ctx, hand)
}

// walk hands over the IDs of those who are selected, or drawn from them.
func (x *exporter) walk(ctx context.Context, hand func(ids []int64) error) error {
	draw := newDrawer(x.done.Seed, x.of, x.done.Members)
	ids := make([]int64, 0, exportPage)
	for id, err := range x.view.SelectedFrom(ctx, x.a.Org.ID, x.which, x.skipped()) {
		if err != nil {
			return err
		}
		if draw.over() {
			break
		}
		if !draw.take() {
			continue
		}
		if ids = append(ids, id); len(ids) < exportPage {
			continue
		}
		if err := hand(ids); err != nil {
			return err
		}
		ids = ids[:0]
	}
	return hand(ids)
}

// draw hands over the IDs of those who are drawn from everyone: the same that walking
// past all of them draws.
func (x *exporter) draw(ctx context.Context, hand func(ids []int64) error) error {
	members, err := x.view.Places(ctx, x.a.Org.ID, x.all)
	if err != nil {
		return err
	}
	draw := newDrawer(x.done.Seed, x.of, x.done.Members)
	places := make([]int64, 0, exportPage)
	for place := x.skipped(); !draw.over(); place++ {
		if draw.take() {
			places = append(places, place)
		}
		if len(places) < exportPage && !draw.over() {
			continue
		}
		ids, err := members.IDs(ctx, places)
		if err == nil {
			err = hand(ids)
		}
		if err != nil {
			return err
		}
		places = places[:0]
	}
	return nil
}

// row returns the cells of a member, valid until the next call.
func (x *exporter) row(m *member.Member) []string {
	x.fill(m)
	if x.base == nil {
		return x.cells
	}
	row := x.base.Row(func(yield func(column, cell string) bool) {
		for i := range x.columns {
			c := &x.columns[i]
			if c.attribute != member.Base && !yield(c.identifier, plan.BaseText(x.seen(x.cells[i]))) {
				return
			}
		}
	})
	for i := range x.columns {
		if x.columns[i].attribute == member.Base {
			x.cells[i] = x.base.Token(m.ID, m.Version, row)
		}
	}
	return x.cells
}

// fill makes the cells of a member, all but _base.
func (x *exporter) fill(m *member.Member) {
	for i := range x.columns {
		x.cells[i] = x.cell(&x.columns[i], m)
	}
}

func (x *exporter) cell(c *exportColumn, m *member.Member) string {
	var text string
	if c.attribute == member.Fields {
		text = x.env.ShowField(c.field, m.Fields[c.identifier])
	} else {
		text = x.env.Show(c.attribute, m)
	}
	cell := plan.CellOf(x.format, text, c.number)
	if !c.number && cell == text && x.becomesRisky(text) {
		return "'" + text
	}
	return cell
}

// becomesRisky reports whether the charset makes a text one that a spreadsheet
// may run: − becomes － in Japanese ones.
func (x *exporter) becomesRisky(text string) bool {
	if x.narrow == nil || isASCII(text[:min(1, len(text))]) {
		return false
	}
	_, size := utf8.DecodeRuneInString(text)
	first := x.narrow.RoundTrip(text[:size])
	return sheet.Guard(first) != first
}

// seen returns a cell as one who reads the file will see it.
func (x *exporter) seen(cell string) string {
	if x.narrow == nil || isASCII(cell) {
		return cell
	}
	return x.narrow.RoundTrip(cell)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

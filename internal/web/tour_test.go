package web_test

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"meibo/internal/locale"
	"meibo/internal/storetest"
)

// tourFolder is where pictures of the tour go; empty: none are taken.
func tourFolder() string { return os.Getenv("MEIBO_TOUR") }

// The pictures in docs/screenshots, which scripts/screenshots takes: the ten main pages
// of a demo organisation, in both languages, light and dark, wide and on a phone.
func TestATourOfTheTenMainPagesInABrowser(t *testing.T) {
	if tourFolder() == "" {
		t.Skip("only takes pictures: scripts/screenshots")
	}
	type screen struct {
		language      string
		width, height int64
		dark          bool
	}
	var screens []screen
	for _, language := range []string{"en", "ja"} {
		screens = append(screens, screen{language, 1280, 800, false}, screen{language, 1280, 800, true}, screen{language, 390, 844, false}, screen{language, 390, 844, true})
	}
	for _, screen := range screens {
		h := start(t, storetest.SQLite(t))
		visitor := h.browser()
		visitor.post("/language", "language", screen.language, "to", "/")
		visitor.post("/setup", "what", "demo", "org", map[string]string{"en": "Hanamizuki Trading", "ja": "はなみずき商会"}[screen.language], "name", map[string]string{"en": "Ai Ito", "ja": "伊藤 愛"}[screen.language],
			"email", "owner@x.example", "password", password, "zone", "Asia/Tokyo").leadsTo(t, "/")
		b := speaker{h.tab(screen.language), locale.New(screen.language)}
		b.shows(screen.width, screen.dark)
		b.run(chromedp.EmulateViewport(screen.width, screen.height))
		b.signIn("owner")
		suffix := "-" + screen.language
		if screen.width < 1000 {
			suffix += "-phone"
		}
		if screen.dark {
			suffix += "-dark"
		}
		upload := visitor.uploaded("members.csv", "メールアドレス,名前,所属グループ,部署,備考\r\nhal@x.example,春 太郎,,sales,\r\nida@x.example,Ida Berg,,dev,\r\n")
		for _, page := range [][2]string{{"members", "/members"}, {"member", "/members/5"}, {"batch", "/batch"}, {"upload", upload}, {"review", "/imports/3"}, {"result", "/imports/2"},
			{"imports", "/imports"}, {"filter", "/filters/1"}, {"policies", "/policies"}, {"settings", "/settings"}} {
			if got := visitor.get(page[1]); got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", page[1], got.status, got.text)
			}
			b.open(page[1])
			b.run(chromedp.WaitVisible(chromedp.CSS("h1")))
			b.toured(page[0] + suffix)
		}
	}
}

// toured keeps a picture of what one sees without scrolling, small enough to be kept.
func (t *tab) toured(name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	t.try(err)
	whole, err := png.Decode(bytes.NewReader(shot))
	t.try(err)
	var small bytes.Buffer
	t.try((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewColours(whole)))
	if small.Len() > 150_000 {
		t.Errorf("%s has %d bytes", name, small.Len())
	}
	t.try(os.WriteFile(filepath.Join(tourFolder(), name+".png"), small.Bytes(), 0o600))
}

// fewColours is a picture in the colours that it has most often.
func fewColours(whole image.Image) image.Image {
	often := map[color.RGBA]int{}
	for y := range whole.Bounds().Dy() {
		for x := range whole.Bounds().Dx() {
			c := color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA) //nolint:forcetypeassert // that of its model
			often[color.RGBA{c.R &^ 3, c.G &^ 3, c.B &^ 3, 255}]++
		}
	}
	all := slices.SortedFunc(maps.Keys(often), func(a, b color.RGBA) int { return cmp.Compare(often[b], often[a]) })
	var palette color.Palette
	for _, c := range all[:min(len(all), 128)] {
		palette = append(palette, color.RGBA{c.R | c.R>>6, c.G | c.G>>6, c.B | c.B>>6, 255})
	}
	small := image.NewPaletted(whole.Bounds(), palette)
	draw.Draw(small, small.Bounds(), whole, whole.Bounds().Min, draw.Src)
	return small
}

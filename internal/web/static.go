package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"path"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// An asset is a file that pages load.
type asset struct {
	content []byte
	mime    string
}

// assets are the files of static under their names with a hash of what is in
// them, so that a browser may keep each for ever; and the other way round.
var assets = sync.OnceValues(func() (byHashed map[string]asset, hashed map[string]string) {
	byHashed, hashed = map[string]asset{}, map[string]string{}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err) // part of the binary
	}
	mimes := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for _, e := range entries {
		content, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		byHashed[name], hashed[e.Name()] = asset{content, mimes[ext]}, name
	}
	return byHashed, hashed
})

// assetPath is the address of a file of static.
func assetPath(name string) string {
	_, hashed := assets()
	return "/static/" + hashed[name]
}

func (q *request) static() error {
	files, _ := assets()
	a, ok := files[q.r.PathValue("file")]
	if !ok {
		return q.unknownPage()
	}
	q.w.Header().Set("Content-Type", a.mime)
	q.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = q.w.Write(a.content) // a reader that has gone is no error of ours
	return nil
}

package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meibo/internal/problem"
	"meibo/internal/s3test"
)

// raw is what lies in a storage, seen from outside.
type raw struct {
	read   func(path string) []byte
	write  func(path string, content []byte)
	rename func(from, to string)
	names  func() []string // ascending, with what is being written
}

// eachKept runs a test on kept files in a folder and in a bucket.
func eachKept(t *testing.T, f func(t *testing.T, k keptFiles, r raw)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) {
		k := keptIn(t)
		dir := dirOf(k)
		f(t, k, raw{
			read: func(path string) []byte {
				content, err := os.ReadFile(filepath.Join(dir, path))
				if err != nil {
					t.Fatal(err)
				}
				return content
			},
			write: func(path string, content []byte) {
				if err := os.WriteFile(filepath.Join(dir, path), content, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			rename: func(from, to string) {
				if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
					t.Fatal(err)
				}
			},
			names: func() []string { return namesIn(t, dir) },
		})
	})
	t.Run("bucket", func(t *testing.T) {
		server, k := keptInBucket(t)
		f(t, k, raw{
			read:  func(path string) []byte { return server.Read(t, "kept/"+path) },
			write: func(path string, content []byte) { server.Write(t, "kept/"+path, content) },
			rename: func(from, to string) {
				server.Write(t, "kept/"+to, server.Read(t, "kept/"+from))
				server.Remove(t, "kept/"+from)
			},
			names: func() []string {
				names := server.Names(t)
				for i := range names {
					names[i] = strings.TrimPrefix(names[i], "kept/")
				}
				return names
			},
		})
	})
}

// keptInBucket keeps files below kept/ in a bucket.
func keptInBucket(t *testing.T) (*s3test.Server, keptFiles) {
	t.Helper()
	server := s3test.Start(t)
	in, err := openStorage(t.Context(), strings.Replace(server.URL, "?", "/kept?", 1))
	if err != nil {
		t.Fatal(err)
	}
	return server, keptFiles{in: in, key: deriveKey(testKey, "kept files")}
}

// dirOf is the folder of kept files in a folder.
func dirOf(k keptFiles) string { return filepath.Join(k.in.(folder).dir, k.folder) }

func TestR2_PlacesOfFilesAreUnderstoodAndNeverShowKeys(t *testing.T) {
	for place, what := range map[string]string{
		"s3://": "bucket", "s3://key:SECRETSECRET@bucket": "keys", "s3://bucket?secret_key=SECRETSECRET": "parameter", "s3://bucket/../x": "prefix",
		"s3://bucket?endpoint=127.0.0.1:9000": "endpoint", "s3://bucket?endpoint=http://key:SECRETSECRET@host": "endpoint", "s3://bucket?path_style=SECRET": "path_style",
		"s3://bucket?a=%zz": "url", "gs://bucket": "scheme",
	} {
		_, err := openStorage(t.Context(), place)
		var p problem.Problem
		if !errors.As(err, &p) || p.Code != problem.FilesPlaceInvalid || p.Values["what"] != what {
			t.Errorf("%s: %v %v, want %s", place, err, p.Values, what)
		}
		if strings.Contains(ShowFiles(place)+p.Values["value"]+p.Error(), "SECRETSECRET") {
			t.Errorf("%s shows a key: %s, %v", place, ShowFiles(place), p.Values)
		}
	}
	const whole = "s3://bucket/a/b?endpoint=https://host.example&region=eu-west-1"
	if got := ShowFiles(whole); got != whole {
		t.Errorf("shown as %s", got)
	}
	if got := ShowFiles("/var/lib/files"); got != "/var/lib/files" {
		t.Errorf("a folder is shown as %s", got)
	}
}

func TestR2_AStorageThatCannotBeUsedSaysWhyAndWhatToDo(t *testing.T) {
	refuse := func(status int, code string) func(w http.ResponseWriter, _ *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { s3test.Refuse(w, status, code); return true }
	}
	tests := []struct {
		name   string
		spoil  func(t *testing.T, s *s3test.Server, place *string)
		reason string
	}{
		{"no such bucket", func(_ *testing.T, s *s3test.Server, place *string) {
			*place = strings.Replace(*place, s.Bucket, "another-bucket", 1)
		}, "bucket"},
		{"nothing answers", func(_ *testing.T, s *s3test.Server, _ *string) { s.Stop() }, "connection"},
		{"another key", func(t *testing.T, _ *s3test.Server, _ *string) { t.Setenv("AWS_ACCESS_KEY_ID", "SOMEBODYELSE") }, "forbidden"},
		{"no key at all", func(t *testing.T, _ *s3test.Server, _ *string) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, "credentials"},
		{"no right", func(_ *testing.T, s *s3test.Server, _ *string) { s.First(refuse(http.StatusForbidden, "AccessDenied")) }, "forbidden"},
		{"another region", func(_ *testing.T, s *s3test.Server, _ *string) {
			s.First(refuse(http.StatusMovedPermanently, "PermanentRedirect"))
		}, "region"},
		{"something else", func(_ *testing.T, s *s3test.Server, _ *string) { s.First(refuse(http.StatusBadRequest, "Strange")) }, "other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := s3test.Start(t)
			place := server.URL
			tt.spoil(t, server, &place)
			in, err := openStorage(t.Context(), place)
			if err != nil {
				t.Fatal(err)
			}
			k := keptFiles{in: in, key: testKey}
			var all sync.WaitGroup
			for what, do := range map[string]func() error{
				"ready":  func() error { return in.ready(t.Context()) },
				"open":   func() error { _, err := k.open(t.Context(), "file"); return err },
				"walk":   func() error { _, err := firstOf(t.Context(), in); return err },
				"remove": func() error { return k.remove(t.Context(), "file") },
				"keep": func() error {
					return k.keep(t.Context(), "file", func(w io.Writer) error { _, err := w.Write([]byte("x")); return err })
				},
			} {
				all.Go(func() {
					var p problem.Problem
					if err := do(); !errors.As(err, &p) || p.Code != problem.FilesUnreachable || p.Values["reason"] != tt.reason || p.Values["where"] != place {
						t.Errorf("%s: %v %v, want %s", what, err, p.Values, tt.reason)
					}
				})
			}
			all.Wait()
		})
	}
}

func firstOf(ctx context.Context, in storage) (stored, error) {
	for f, err := range in.walk(ctx, "") {
		return f, err
	}
	return stored{}, nil
}

func TestA8_ALargeFileInABucketAppearsWhenItIsWhole(t *testing.T) {
	server, k := keptInBucket(t)
	content := random(4*partSize + 5)
	keepBytes(t, k, "file", content, 1<<20)
	var parts int
	for _, r := range server.Asked() {
		if strings.Contains(r, "partNumber=") {
			parts++
		}
	}
	if parts < 3 {
		t.Errorf("sent in %d parts: the test shows nothing", parts)
	}
	if got, err := readKept(k, "file"); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back, want %d, %v", len(got), len(content), err)
	}
	if n := server.Unfinished(t); n > 0 {
		t.Errorf("%d uploads have not ended", n)
	}
	var gets int
	for _, r := range server.Asked() {
		if strings.HasPrefix(r, "GET ") && strings.Contains(r, "/kept/file") {
			gets++
		}
	}
	if gets > 3 {
		t.Errorf("reading in order asked %d times, want 3: the beginning, the end, the rest", gets)
	}
}

func TestA8_AnUploadIntoABucketThatIsBrokenOffLeavesNothing(t *testing.T) {
	for name, spoil := range map[string]func(server *s3test.Server, stop func()){
		"the caller has gone": func(_ *s3test.Server, stop func()) { stop() },
		"the storage refuses a part": func(server *s3test.Server, _ func()) {
			server.First(func(w http.ResponseWriter, r *http.Request) bool {
				bad := r.Method == http.MethodPut && r.URL.Query().Has("partNumber")
				if bad {
					s3test.Refuse(w, http.StatusBadRequest, "Strange")
				}
				return bad
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, k := keptInBucket(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			err := k.keep(ctx, "file", func(w io.Writer) error {
				for n := range 4 {
					if n == 2 {
						spoil(server, stop)
					}
					if _, err := w.Write(random(partSize)); err != nil {
						return err
					}
				}
				return nil
			})
			server.First(nil)
			if err == nil || len(server.Names(t)) > 0 {
				t.Errorf("kept %v, %v", server.Names(t), err)
			}
		})
	}
}

func TestA8_WhatACrashLeftInABucketIsSweptWhenItIsOld(t *testing.T) {
	server, k := keptInBucket(t)
	server.Begin(t, "kept/members/AB/ABC")
	server.Begin(t, "others/file")
	if err := k.sweep(t.Context(), time.Now().Add(-time.Hour)); err != nil || server.Unfinished(t) != 2 {
		t.Errorf("swept what is young: %v, %d left", err, server.Unfinished(t))
	}
	if err := k.sweep(t.Context(), time.Now().Add(time.Hour)); err != nil || server.Unfinished(t) != 1 {
		t.Errorf("what is old: %v, %d left, want that of others", err, server.Unfinished(t))
	}
}

func TestA8_ReadingGoesOnWhenAnAnswerBreaksOff(t *testing.T) {
	server, k := keptInBucket(t)
	content := random(20 * keptChunk)
	keepBytes(t, k, "file", content, 0)
	var broken atomic.Int32
	whole := server.Read(t, "kept/file")
	server.First(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.Header.Get("Range"), "-") || broken.Add(1) > 1 {
			return false
		}
		// As a storage does that goes away: the beginning of the answer, and no end.
		from := keptHeader + keptSealed
		w.Header().Set("Content-Range", "bytes "+line(int64(from))+"-"+line(int64(len(whole)-1))+"/"+line(int64(len(whole))))
		w.Header().Set("Content-Length", line(int64(len(whole)-from)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(whole[from : from+3*keptSealed])
		return true
	})
	got, err := readKept(k, "file")
	if err != nil || !bytes.Equal(got, content) || broken.Load() != 2 {
		t.Errorf("%d of %d bytes, %v; asked %d times", len(got), len(content), err, broken.Load())
	}
}

func TestA8_BothStoragesHaveTheSameLayout(t *testing.T) {
	var layouts [][]string
	eachKept(t, func(t *testing.T, k keptFiles, r raw) {
		keepBytes(t, k, "import-1-1-X", nil, 0)
		b := keptBlobs{in: k.in, key: k.key, now: time.Now}
		for _, key := range []string{"BBKEY", "ABKEY"} {
			if err := b.put(t.Context(), key, func(io.Writer) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		var paths, keys []string
		for f, err := range k.in.walk(t.Context(), "") {
			if err != nil || time.Since(f.at) > time.Hour {
				t.Errorf("%s: %v, %v", f.path, f.at, err)
			}
			paths = append(paths, f.path)
		}
		for key, err := range b.list(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		if want := []string{"ABKEY", "BBKEY"}; !slices.Equal(keys, want) {
			t.Errorf("keys = %v, want %v", keys, want)
		}
		layouts = append(layouts, paths)
	})
	if len(layouts) != 2 || !slices.Equal(layouts[0], layouts[1]) || len(layouts[0]) != 3 {
		t.Errorf("layouts = %v", layouts)
	}
}

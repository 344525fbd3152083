// Package s3test is a real S3-compatible server in the test's process: a bucket that
// keeps what is put into it, and can be told to break connections and to refuse.
// Only tests import it; it knows nothing of ours.
package s3test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// External names a variable with the address of another server (http://…), to which
// everything is passed on: the same tests run against it. AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY are its keys then.
const External = "MEIBO_TEST_S3"

const region = "us-east-1"

// A Server is a running server with one bucket.
type Server struct {
	URL    string // s3://…, for who keeps files there
	Bucket string

	key    string
	client *s3.Client
	server *httptest.Server
	mu     sync.Mutex
	first  func(w http.ResponseWriter, r *http.Request) (answered bool)
	asked  []string
}

// Start starts a server until the test ends, and sets the environment so that the
// SDK finds the keys to it.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{Bucket: "files-" + strings.ToLower(rand.Text()[:8]), key: "TESTKEY" + rand.Text()[:8]}
	secret := rand.Text()
	var inner http.Handler
	if other := os.Getenv(External); other != "" {
		to, err := url.Parse(other)
		if err != nil {
			t.Fatal(err)
		}
		inner = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }} // the host is signed
		s.key, secret = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	} else {
		inner = gofakes3.New(s3mem.New()).Server()
		t.Setenv("AWS_ACCESS_KEY_ID", s.key)
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, inner) }))
	t.Cleanup(s.server.Close)
	s.URL = "s3://" + s.Bucket + "?endpoint=" + s.server.URL + "&region=" + region
	s.client = s3.New(s3.Options{Region: region, BaseEndpoint: &s.server.URL, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.key, secret, "")})
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.Bucket}); err != nil {
		t.Fatalf("make the bucket: %v", err)
	}
	return s
}

// serve refuses who does not know the key, as gofakes3 does not look.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, inner http.Handler) {
	s.mu.Lock()
	first := s.first
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	s.mu.Unlock()
	if first != nil && first(w, r) {
		return
	}
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.key+"/") {
		Refuse(w, http.StatusForbidden, "InvalidAccessKeyId")
		return
	}
	inner.ServeHTTP(w, r)
}

// Refuse answers as S3 refuses something.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct { // whoever asked has gone
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: code})
}

// First is asked before every request; it answers it by itself, or returns false.
// nil: nobody is asked.
func (s *Server) First(f func(w http.ResponseWriter, r *http.Request) (answered bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = f
}

// Asked returns the methods and addresses of all requests since the last call.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// Stop ends the server: nothing answers at its address any more.
func (s *Server) Stop() { s.server.Close() }

// Names are the keys of everything in the bucket, ascending.
func (s *Server) Names(t testing.TB) []string {
	t.Helper()
	var names []string
	for pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.Bucket}); pages.HasMorePages(); {
		page, err := pages.NextPage(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			names = append(names, aws.ToString(o.Key))
		}
	}
	slices.Sort(names)
	return names
}

// Unfinished is how many uploads have begun and not ended.
func (s *Server) Unfinished(t testing.TB) int {
	t.Helper()
	out, err := s.client.ListMultipartUploads(context.WithoutCancel(t.Context()), &s3.ListMultipartUploadsInput{Bucket: &s.Bucket})
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "NoSuchUpload" { // what gofakes3 says for none
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}

// Begin begins an upload that nobody will end, as one who is killed does.
func (s *Server) Begin(t testing.TB, name string) {
	t.Helper()
	if _, err := s.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &s.Bucket, Key: &name}); err != nil {
		t.Fatal(err)
	}
}

// Read returns what is stored under a key.
func (s *Server) Read(t testing.TB, name string) []byte {
	t.Helper()
	out, err := s.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.Bucket, Key: &name})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Write stores something under a key.
func (s *Server) Write(t testing.TB, name string, content []byte) {
	t.Helper()
	if _, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.Bucket, Key: &name, Body: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

// Remove deletes what is stored under a key.
func (s *Server) Remove(t testing.TB, name string) {
	t.Helper()
	if _, err := s.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &s.Bucket, Key: &name}); err != nil {
		t.Fatal(err)
	}
}

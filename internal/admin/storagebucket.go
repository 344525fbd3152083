package admin

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	cloud "gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"meibo/internal/problem"
)

const (
	// partSize is how much is sent at once: the least that S3 takes for a part of a
	// larger file. Ten thousand of them, the most, are 50 GB.
	partSize = 5 << 20
	// partsAtOnce are sent at the same time. Writing a file holds these in memory, and
	// one that comes to less than 16 MB whole: it is sent in one piece.
	partsAtOnce = 2

	// How long a storage is waited for: until it takes a connection, and until it
	// begins to answer. Failed requests are tried three times in all.
	bucketDial   = 5 * time.Second
	bucketAnswer = 30 * time.Second
)

// A bucket is a storage that speaks S3.
type bucket struct {
	url    bucketURL
	all    *cloud.Bucket // what is in it below the prefix
	client *s3.Client
}

// openBucket finds credentials as every program with AWS's SDK does: in the
// environment, in the user's files, from the machine.
func openBucket(ctx context.Context, u bucketURL) (storage, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = bucketAnswer }).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = bucketDial })),
	}
	if u.region != "" {
		options = append(options, config.WithRegion(u.region))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, placeInvalid("environment", "")
	}
	if settings.Region == "" {
		settings.Region = "us-east-1" // most that are not Amazon's do not look
	}
	client := s3.NewFromConfig(settings, func(o *s3.Options) {
		o.Logger = nil
		if u.endpoint != "" {
			o.BaseEndpoint = aws.String(u.endpoint)
			// Not all that are compatible know the checksums of 2025.
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
		o.UsePathStyle = u.pathStyle
	})
	all, err := s3blob.OpenBucket(ctx, client, u.bucket, &s3blob.Options{RequestChecksumCalculation: client.Options().RequestChecksumCalculation})
	if err != nil {
		return nil, placeInvalid("bucket", u.bucket)
	}
	if u.prefix != "" {
		all = cloud.PrefixedBucket(all, u.prefix)
	}
	return &bucket{url: u, all: all, client: client}, nil
}

// trouble says what is wrong with the storage, as a problem: FilesUnreachable. The
// end of ctx is none of its troubles.
func (b *bucket) trouble(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	reason, code := "connection", ""
	var api smithy.APIError
	var answer *awshttp.ResponseError
	switch {
	case errors.As(err, &api):
		reason, code = refusals[api.ErrorCode()], api.ErrorCode()
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		reason, code = "other", strconv.Itoa(answer.HTTPStatusCode())
	default:
		if _, err := b.client.Options().Credentials.Retrieve(ctx); err != nil {
			reason = "credentials"
		}
	}
	if reason == "" {
		reason = "other"
	}
	return problem.Of(problem.NotFound, problem.FilesUnreachable, "where", b.url.String(), "reason", reason, "code", code)
}

// refusals are what the codes mean with which S3 refuses everything.
var refusals = map[string]string{
	"NoSuchBucket": "bucket", "PermanentRedirect": "region", "AuthorizationHeaderMalformed": "region",
	"AccessDenied": "forbidden", "Forbidden": "forbidden", "InvalidAccessKeyId": "forbidden", "SignatureDoesNotMatch": "forbidden",
	"ExpiredToken": "forbidden", "InvalidToken": "forbidden",
}

// put sends a file in parts; it appears with the last request, or not at all.
func (b *bucket) put(ctx context.Context, path string, write func(w io.Writer) error) error {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	w, err := b.all.NewWriter(sending, path, &cloud.WriterOptions{BufferSize: partSize, MaxConcurrency: partsAtOnce, ContentType: "application/octet-stream"})
	if err != nil {
		return b.trouble(ctx, err)
	}
	to := &taker{to: w}
	if err := write(to); err != nil {
		stop() // before Close, which would finish the file
		_ = w.Close()
		if to.err != nil {
			return b.trouble(ctx, to.err)
		}
		return err
	}
	return b.trouble(ctx, w.Close())
}

// A taker remembers whether it was the storage that did not take something.
type taker struct {
	to  io.Writer
	err error
}

func (t *taker) Write(p []byte) (int, error) {
	n, err := t.to.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}

// remove does not ask, as the library does, whether there is something to delete:
// the answer would not tell a file that is not there from a bucket that is not.
func (b *bucket) remove(ctx context.Context, path string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.url.bucket, Key: aws.String(b.url.prefix + path)})
	if codeOf(err) == "NoSuchKey" {
		return nil
	}
	return b.trouble(ctx, err)
}

func (b *bucket) walk(ctx context.Context, folder string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		prefix := ""
		if folder != "" {
			prefix = folder + "/"
		}
		for list := b.all.List(&cloud.ListOptions{Prefix: prefix}); ; {
			o, err := list.Next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(stored{}, b.trouble(ctx, err))
				return
			case !plainPath(o.Key): // somebody else's
				continue
			case !yield(stored{o.Key, o.ModTime}, nil):
				return
			}
		}
	}
}

// tidy gives up uploads that were broken off: nobody sees them, but they are paid
// for. A bucket has no folders: those in all of it are found in its root.
func (b *bucket) tidy(ctx context.Context, folder string, since time.Time) error {
	if folder != "" {
		return nil
	}
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.url.bucket, Prefix: &b.url.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if code := codeOf(err); code == "NoSuchUpload" || code == "NotImplemented" { // how some say that there are none
			return nil
		}
		if err != nil {
			return b.trouble(ctx, err)
		}
		for _, u := range page.Uploads {
			if !aws.ToTime(u.Initiated).Before(since) {
				continue
			}
			_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.url.bucket, Key: u.Key, UploadId: u.UploadId})
			if err != nil && codeOf(err) != "NoSuchUpload" {
				return b.trouble(ctx, err)
			}
		}
	}
	return nil
}

// ready asks for one name in the bucket: credentials, address and bucket are right
// if it answers.
func (b *bucket) ready(ctx context.Context) error {
	_, _, err := b.all.ListPage(ctx, cloud.FirstPageToken, 1, nil)
	return b.trouble(ctx, err)
}

// open asks for the beginning of a file, which tells its size: small ones are read
// with that.
func (b *bucket) open(ctx context.Context, path string) (blob, error) {
	f := &bucketFile{ctx: ctx, b: b, path: path}
	r, err := b.all.NewRangeReader(ctx, path, 0, firstRead, nil)
	switch {
	case codeOf(err) == "InvalidRange": // there is not a byte
		return f, nil
	case codeOf(err) == "NoSuchKey": // not NoSuchBucket
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, b.trouble(ctx, err)
	}
	f.size = r.Size()
	f.head, err = io.ReadAll(io.LimitReader(r, firstRead))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, b.trouble(ctx, err)
	}
	return f, nil
}

// codeOf is the code with which S3 refused something; empty if it did not.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

package admin

import (
	"net/url"
	"strconv"
	"strings"
)

// A bucketURL says where a bucket is. There are no keys in it: they come from where
// programs with AWS's SDK look for them.
type bucketURL struct {
	bucket    string
	prefix    string // empty, or ends with a slash
	endpoint  string // http://… or https://…; empty: Amazon's
	region    string // empty: as the environment says
	pathStyle bool   // the bucket is in the path of addresses, not before the host
}

// bucketParameters are what a URL may say after its question mark.
var bucketParameters = []string{"endpoint", "path_style", "region"}

const bucketScheme = "s3://"

func isBucket(place string) bool { return strings.HasPrefix(place, bucketScheme) }

// parseBucket understands s3://bucket/prefix?endpoint=…&region=…. Its problem is
// FilesPlaceInvalid, which shows nothing that may be a key.
func parseBucket(place string) (b bucketURL, err error) {
	u, err := url.Parse(place)
	if err != nil {
		return b, placeInvalid("url", "")
	}
	if u.User != nil {
		return b, placeInvalid("keys", "")
	}
	b.bucket = u.Host
	if b.bucket == "" || strings.ContainsAny(b.bucket, ":") {
		return b, placeInvalid("bucket", b.bucket)
	}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		if !plainPath(prefix) {
			return b, placeInvalid("prefix", prefix)
		}
		b.prefix = prefix + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return b, placeInvalid("url", "")
	}
	return b, b.take(query)
}

func (b *bucketURL) take(query url.Values) (err error) {
	b.pathStyle = query.Has("endpoint") // what other storages understand
	for name, values := range query {
		switch name {
		case "region":
			b.region = values[0]
		case "endpoint":
			b.endpoint = values[0]
			e, err := url.Parse(b.endpoint)
			if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil || e.RawQuery != "" {
				return placeInvalid("endpoint", "")
			}
		case "path_style":
			if b.pathStyle, err = strconv.ParseBool(values[0]); err != nil {
				return placeInvalid("path_style", values[0])
			}
		default:
			return placeInvalid("parameter", name)
		}
	}
	return nil
}

// String is the URL as it may be shown.
func (b bucketURL) String() string {
	query := []string{}
	if b.endpoint != "" {
		query = append(query, "endpoint="+b.endpoint)
	}
	if b.region != "" {
		query = append(query, "region="+b.region)
	}
	text := bucketScheme + b.bucket
	if b.prefix != "" {
		text += "/" + strings.TrimSuffix(b.prefix, "/")
	}
	if len(query) > 0 {
		text += "?" + strings.Join(query, "&")
	}
	return text
}

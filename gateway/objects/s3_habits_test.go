package objects_test

import (
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// A store that lacks what the usual way needs conforms in the way that a try finds.
func TestS3ConformsInOtherWays(t *testing.T) {
	server := s3test.Start(t)
	noTrailer := s3test.Answers(s3test.WithTrailer, 400, "XAmzContentSHA256Mismatch")
	noCondition := s3test.Answers(s3test.Conditional, 501, "NotImplemented")
	for name, habits := range map[string][]s3test.Habit{
		"Ceph RGW 16":  {noTrailer, server.Overwrites()},
		"Backblaze B2": {noCondition},
		"Garage":       {server.Overwrites(), s3test.Answers(s3test.ForVersions, 501, "NotImplemented")},
		"R2":           {s3test.Answers(s3test.ForVersions, 501, "NotImplemented")},
		"rclone":       {s3test.Answers(s3test.ForUploads, 404, "NoSuchUpload")},
		"no trailer":   {noTrailer},
	} {
		t.Run(name, func(t *testing.T) {
			c := server.Behind(habits...)
			report, err := s3.Try(t.Context(), s3test.Apart(c))
			if err != nil || !report.Usable() {
				t.Fatalf("the try: %+v, %v", report, err)
			}
			c.Ways = report.Ways
			objectstest.Run(t, func(t *testing.T) gateway.Objects {
				store, err := objects.OpenS3(t.Context(), s3test.Apart(c))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { store.Close() })
				return store
			})
		})
	}
}

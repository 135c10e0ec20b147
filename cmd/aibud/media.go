package main

import (
	"cmp"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/media"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/blob"
)

// validateMedia reports what is wrong with the settings about files.
func (s *settings) validateMedia() error {
	var mistakes []error
	if s.MediaMaxBytes < 1<<20 || s.MediaMaxBytes > 2<<30 {
		mistakes = append(mistakes, errors.New("AIBUD_MEDIA_MAX_BYTES must be from 1048576 (1 MB) to 2147483648 (2 GB, which is WhatsApp's own limit)"))
	}
	if s.MediaKeep < 0 || s.MediaKeep > 36_500 {
		mistakes = append(mistakes, errors.New("AIBUD_MEDIA_KEEP must be a number of days, or 0 to keep files for ever"))
	}
	if s.MediaWorkers < 1 || s.MediaWorkers > 1000 {
		mistakes = append(mistakes, errors.New("AIBUD_MEDIA_WORKERS must be from 1 to 1000"))
	}
	if s.S3Bucket != "" && !hasScheme(s.S3Endpoint, "http", "https") {
		mistakes = append(mistakes, errors.New("AIBUD_S3_ENDPOINT must begin with http:// or https://"))
	}
	if (s.S3Key == "") != (s.S3Secret == "") {
		mistakes = append(mistakes, errors.New("set both AIBUD_S3_ACCESS_KEY and AIBUD_S3_SECRET_KEY, or neither"))
	}
	return errors.Join(mistakes...)
}

// openMedia opens the store of files, in the data folder or in a bucket.
func (s *server) openMedia(ctx context.Context, cfg settings) error {
	folder := filepath.Join(cfg.Data, "media")
	var blobs engine.Blobs
	var err error
	if cfg.S3Bucket != "" {
		blobs, err = blob.OpenS3(ctx, blob.S3Config{
			Bucket: cfg.S3Bucket, Endpoint: cfg.S3Endpoint, Region: cfg.S3Region, AccessKey: cfg.S3Key, SecretKey: cfg.S3Secret,
			Prefix: cfg.S3Prefix, Scratch: filepath.Join(folder, "temp"),
		})
	} else {
		blobs, err = blob.OpenFolder(folder)
	}
	if err != nil {
		return err
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		ffmpeg = "" // what needs it says so
	}
	s.media = media.New(media.Config{
		Records: s.store, Blobs: blobs, Log: s.log, MaxBytes: cfg.MediaMaxBytes,
		Keep: time.Duration(cfg.MediaKeep) * 24 * time.Hour, FFmpeg: ffmpeg, Private: cfg.AllowPrivate,
	})
	return nil
}

// mediaJobs adds the jobs with files.
func (s *server) mediaJobs(workers *river.Workers, cfg settings) store.JobsConfig {
	river.AddWorker(workers, s.media.Worker())
	river.AddWorker(workers, s.media.Cleaner())
	river.AddWorker(workers, s.media.Sweeper())
	return store.JobsConfig{
		Queues: map[string]int{engine.MediaQueue: cmp.Or(cfg.MediaWorkers, 8)}, Periodic: []*river.PeriodicJob{s.media.Periodic(), s.media.PeriodicSweep()},
	}
}

// startConnected lets go on what waits for a seat, when it connects: files to
// be fetched, and jobs.
func (s *server) startConnected(ctx context.Context) {
	s.connected = engine.NewReader(engine.ReaderConfig{
		Name: "media", Log: s.log, Records: s.store, Feed: s.feed, // files were the first that waited
		Handle: engine.OnConnected(store.UnparkMedia, store.ResumeJobs), Interesting: engine.HasConnected,
	})
	s.connected.Start(ctx)
}

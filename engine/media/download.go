package media

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

const (
	// downloadTime is how long one attempt to fetch a file may take.
	downloadTime = 10 * time.Minute
	// soon is when a job comes back whose file or seat is busy.
	soon = 2 * time.Second
	// damagedTries is how often a file is fetched that is not what its message
	// says: perhaps it was damaged on the way.
	damagedTries = 3
	// growth is how much longer each wait between attempts is, from firstWait.
	growth    = 3
	firstWait = 5 * time.Second
)

// The sentences for people.
const (
	noteGone     = "WhatsApp does not have the file any more, and neither does the phone. Ask the sender to send it again."
	noteDamaged  = "The file arrived damaged, several times. Ask the sender to send it again."
	noteFailed   = "The file could not be fetched from WhatsApp after several tries. Try it again later."
	noteUnable   = "This seat's connection to WhatsApp can't fetch files. Look at it on the phone."
	noteAsked    = "WhatsApp does not have the file any more. The phone was asked for it: keep it switched on and online."
	noteParked   = "The file is fetched when the seat is connected."
	noteTooLarge = "The file is larger than this server keeps (%d MB). Look at it on the phone."
)

// Worker works the jobs that fetch files. Register it with river.AddWorker.
type Worker struct {
	river.WorkerDefaults[engine.MediaDownloadArgs]
	service *Service
}

var _ river.Worker[engine.MediaDownloadArgs] = (*Worker)(nil)

// Worker returns the worker of the jobs that fetch files.
func (s *Service) Worker() *Worker { return &Worker{service: s} }

// Timeout returns how long one attempt may take.
func (w *Worker) Timeout(*river.Job[engine.MediaDownloadArgs]) time.Duration { return downloadTime }

// NextRetry returns when a failed attempt is repeated. Files that failed
// together don't all come back together.
func (w *Worker) NextRetry(job *river.Job[engine.MediaDownloadArgs]) time.Time {
	wait := firstWait
	for range min(job.Attempt, job.MaxAttempts) - 1 {
		wait *= growth
	}
	return time.Now().Add(time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64())))
}

// Work fetches the file, or finds out that it can't be.
func (w *Worker) Work(ctx context.Context, job *river.Job[engine.MediaDownloadArgs]) error {
	s := w.service
	release, ok := s.running.hold(job.Args.Media)
	if !ok {
		return river.JobSnooze(soon)
	}
	defer release()
	err := s.fetch(ctx, job.Args)
	_, snoozed := errors.AsType[*river.JobSnoozeError](err)
	switch {
	case err == nil, snoozed:
		return err
	case isStopping(ctx):
		return river.JobSnooze(0) // that is not the file's fault
	case engine.CodeOf(err) == engine.CodeUnsupported:
		return s.end(ctx, job.Args, engine.MediaFailed, noteUnable)
	case errors.Is(err, engine.ErrMediaDamaged) && job.Attempt >= damagedTries:
		return s.end(ctx, job.Args, engine.MediaFailed, noteDamaged)
	case job.Attempt >= job.MaxAttempts:
		s.log.Warn("a file could not be fetched", "media", job.Args.Media, "error", err)
		return s.end(ctx, job.Args, engine.MediaFailed, noteFailed)
	}
	return err
}

// end records that a file will not come. The job stays if that fails.
func (s *Service) end(ctx context.Context, args engine.MediaDownloadArgs, state engine.MediaState, note string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.config.Records.SetMediaState(ctx, args.Tenant, args.Media, state, note)
	if unlessGone(err) != nil {
		s.log.Error("a file's state could not be recorded; it is tried again", "media", args.Media, "error", err)
		return river.JobSnooze(time.Minute)
	}
	return nil
}

func (s *Service) fetch(ctx context.Context, args engine.MediaDownloadArgs) error {
	file, err := s.config.Records.Media(ctx, args.Tenant, args.Media)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil // its message was deleted
	case err != nil:
		return err
	case file.Media.State != engine.MediaWaiting && file.Media.State != engine.MediaLoading && (file.Media.State != engine.MediaGone || file.Answer == nil):
		return nil
	case file.Media.Size > s.config.MaxBytes:
		return s.tooLarge(ctx, args)
	}
	if file.Answer != nil {
		if done, err := s.read(ctx, &file); done || err != nil {
			return err
		}
	}
	temp, err := s.config.Blobs.Temp()
	if err != nil {
		return err
	}
	defer engine.Discard(temp)
	stop := s.follow(ctx, &file, temp)
	err = engine.Call(ctx, s.config.Clients, file.Seat, func(ctx context.Context, client engine.MediaClient) error {
		return client.Download(ctx, file.Raw, file.Path, s.config.MaxBytes, temp)
	})
	stop(err)
	switch {
	case errors.Is(err, engine.ErrMediaGone):
		return s.ask(ctx, &file)
	case errors.Is(err, engine.ErrMediaTooLarge):
		return s.tooLarge(ctx, args)
	case err != nil:
		return s.later(ctx, &file, err)
	}
	return s.arrived(ctx, &file, temp)
}

func (s *Service) tooLarge(ctx context.Context, args engine.MediaDownloadArgs) error {
	return s.end(ctx, args, engine.MediaTooLarge, fmt.Sprintf(noteTooLarge, s.config.MaxBytes>>20))
}

// later is what becomes of a file that its seat can't fetch now.
func (s *Service) later(ctx context.Context, file *engine.MediaFile, err error) error {
	switch engine.CodeOf(err) {
	case engine.CodeBusy:
		return river.JobSnooze(soon)
	case engine.CodeNotConnected:
	default:
		return err
	}
	if err := s.config.Records.ParkMedia(ctx, file.Seat.Tenant, file.ID, noteParked); err != nil {
		return unlessGone(err)
	}
	// It may have connected before the file was parked, and not see it.
	if s.connected(ctx, file.Seat) {
		return river.JobSnooze(soon)
	}
	return nil
}

// unlessGone is no error for a file whose message was deleted.
func unlessGone(err error) error {
	if engine.CodeOf(err) == engine.CodeNotFound {
		return nil
	}
	return err
}

func (s *Service) connected(ctx context.Context, seat engine.SeatKey) bool {
	err := s.config.Clients.WithClient(ctx, seat, func(context.Context, engine.Client) error { return nil })
	return err == nil
}

// ask asks the phone to upload a file again, unless it was asked often enough.
func (s *Service) ask(ctx context.Context, file *engine.MediaFile) error {
	args := engine.MediaDownloadArgs{Tenant: file.Seat.Tenant, Media: file.ID}
	if file.Asked >= len(s.config.Again) {
		return s.end(ctx, args, engine.MediaGone, noteGone)
	}
	// Counted before it is asked: the answer may be quicker than we are.
	again := time.Now().Add(s.config.Again[file.Asked])
	if err := s.config.Records.SetMediaAsked(ctx, args.Tenant, args.Media, again, noteAsked); err != nil {
		return err
	}
	err := engine.Call(ctx, s.config.Clients, file.Seat, func(ctx context.Context, client engine.MediaClient) error {
		return client.AskForFile(ctx, *file)
	})
	if errors.Is(err, engine.ErrMediaLost) {
		return s.end(ctx, args, engine.MediaGone, noteGone)
	}
	if err != nil {
		s.log.Info("the phone could not be asked for a file; it is tried again", "media", file.ID, "error", err)
	}
	return nil // the job that SetMediaAsked enqueued goes on
}

// read reads what the phone has answered. done says that there is nothing left
// to do.
func (s *Service) read(ctx context.Context, file *engine.MediaFile) (done bool, err error) {
	args := engine.MediaDownloadArgs{Tenant: file.Seat.Tenant, Media: file.ID}
	var path string
	err = engine.Call(ctx, s.config.Clients, file.Seat, func(_ context.Context, client engine.MediaClient) (err error) {
		path, err = client.ReadAnswer(file.Raw, file.Answer)
		return err
	})
	switch {
	case errors.Is(err, engine.ErrMediaLost):
		return true, s.end(ctx, args, engine.MediaGone, noteGone)
	case engine.CodeOf(err) == engine.CodeNotConnected, engine.CodeOf(err) == engine.CodeBusy:
		return true, s.later(ctx, file, err)
	case err != nil: // what the phone could not do now it may do later
		s.log.Info("the phone could not upload a file again", "media", file.ID, "error", err)
		return true, s.config.Records.SetMediaPath(ctx, args.Tenant, args.Media, "")
	}
	file.Path, file.Answer = path, nil
	if err := s.config.Records.SetMediaPath(ctx, args.Tenant, args.Media, path); err != nil {
		return true, err
	}
	if file.Media.State == engine.MediaGone { // it was given up, and came after all
		return false, s.config.Records.SetMediaState(ctx, args.Tenant, args.Media, engine.MediaWaiting, "")
	}
	return false, nil
}

// arrived stores a file.
func (s *Service) arrived(ctx context.Context, file *engine.MediaFile, temp *os.File) error {
	hash, size, err := hashOf(temp)
	if err != nil {
		return err
	}
	about := file.Media
	about.Size = size
	found := s.look(ctx, temp, file.Kind, &about)
	err = s.keep(ctx, file.Seat.Tenant, temp, hash, found.small, func(thumbnail string) error {
		return s.config.Records.SetMediaStored(ctx, file.Seat.Tenant, file.ID, hash, thumbnail, about)
	})
	return unlessGone(err) // the cleaner finds the content's row
}

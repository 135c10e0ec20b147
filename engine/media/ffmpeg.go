package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/myaibud/aibud/engine"
)

// programTime bounds one run of FFmpeg.
const programTime = 2 * time.Minute

// maxFrame is how many pixels of a video FFmpeg decodes: those of 4096 × 4096.
// It keeps up to 17 pictures in memory.
const maxFrame = "16777216"

var errNoFFmpeg = errors.New("FFmpeg is not installed")

// demuxer says what FFmpeg calls the format of a type. It is never left to
// guess: a file that it takes for a playlist could name others on this
// machine.
func demuxer(format string) (string, bool) {
	switch format {
	case "video/mp4", "video/quicktime", "video/3gpp", "video/3gpp2", "video/x-m4v", "audio/mp4", "audio/3gpp":
		return "mov", true
	case "video/webm", "audio/webm", "video/x-matroska":
		return "matroska", true
	case "audio/ogg", "video/ogg":
		return "ogg", true
	case "audio/mpeg":
		return "mp3", true
	case "audio/wav":
		return "wav", true
	case "audio/aac":
		return "aac", true
	case "audio/flac":
		return "flac", true
	case "audio/amr":
		return "amr", true
	case "image/gif":
		return "gif", true
	case "image/png":
		return "png_pipe", true
	case "video/x-msvideo":
		return "avi", true
	}
	return "", false
}

// run runs FFmpeg on a file, with further arguments behind its input, and lets
// read have what it writes.
func (s *Service) run(ctx context.Context, file *os.File, format string, read func(io.Reader) error, args ...string) error {
	if s.config.FFmpeg == "" {
		return errNoFFmpeg
	}
	name, ok := demuxer(format)
	if !ok {
		return fmt.Errorf("files of type %s are not given to FFmpeg", format)
	}
	return s.start(ctx, s.config.FFmpeg, read, append([]string{
		"-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-threads", "1", "-max_pixels", maxFrame, "-f", name, "-i", file.Name(),
	}, args...)...)
}

func (s *Service) start(ctx context.Context, program string, read func(io.Reader) error, args ...string) error {
	release, err := take(ctx, s.program)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // the program is the operator's, the arguments are ours
	command.WaitDelay = 5 * time.Second
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
	var said bytes.Buffer
	command.Stderr = &capped{left: 2048, into: &said}
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	readErr := read(out)
	_, _ = io.Copy(io.Discard, out) // or it would wait for a reader
	if err := command.Wait(); err != nil {
		return fmt.Errorf("FFmpeg failed: %w", err) // what it said names the file's content
	}
	return readErr
}

// capped keeps the beginning of what is written.
type capped struct {
	left int
	into *bytes.Buffer
}

func (c *capped) Write(p []byte) (int, error) {
	take := min(len(p), c.left)
	c.left -= take
	c.into.Write(p[:take])
	return len(p), nil
}

// lookAtVideo measures a video and makes a picture of its beginning, if FFmpeg
// is there.
func (s *Service) lookAtVideo(ctx context.Context, file *os.File, format string, about *engine.Media) found {
	s.probe(ctx, file, format, about)
	var poster []byte
	err := s.run(ctx, file, format, func(out io.Reader) (err error) {
		poster, err = io.ReadAll(io.LimitReader(out, 4<<20))
		return err
	}, "-frames:v", "1", "-an", "-vf", "scale='min(480,iw)':-2", "-c:v", "mjpeg", "-f", "image2pipe", "pipe:1")
	if err != nil || len(poster) == 0 {
		return found{}
	}
	return s.shrunk(ctx, bytes.NewReader(poster))
}

// probe asks FFprobe for a file's measures.
func (s *Service) probe(ctx context.Context, file *os.File, format string, about *engine.Media) {
	name, ok := demuxer(format)
	if s.config.FFmpeg == "" || !ok {
		return
	}
	var answer struct {
		Streams []struct {
			Type     string `json:"codec_type"`
			Width    int    `json:"width"`
			Height   int    `json:"height"`
			SideData []struct {
				Rotation int `json:"rotation"`
			} `json:"side_data_list"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	program := filepath.Join(filepath.Dir(s.config.FFmpeg), "ffprobe")
	err := s.start(ctx, program, func(out io.Reader) error {
		return json.NewDecoder(io.LimitReader(out, 1<<20)).Decode(&answer)
	}, "-v", "error", "-protocol_whitelist", "file,pipe", "-max_pixels", maxFrame, "-f", name, "-show_streams", "-show_format", "-of", "json", file.Name())
	if err != nil {
		return
	}
	if seconds, err := strconv.ParseFloat(answer.Format.Duration, 64); err == nil && seconds > 0 && seconds < maxSeconds {
		about.Seconds = int(math.Ceil(seconds))
	}
	for _, stream := range answer.Streams {
		if stream.Type != "video" || stream.Width <= 0 || stream.Height <= 0 || max(stream.Width, stream.Height) > maxSide {
			continue
		}
		about.Width, about.Height = stream.Width, stream.Height
		for _, side := range stream.SideData {
			if side.Rotation%180 != 0 { // as a phone was held
				about.Width, about.Height = stream.Height, stream.Width
			}
		}
		return
	}
}

// listen finds out how long audio is, and how loud over time a voice note is.
func (s *Service) listen(ctx context.Context, file *os.File, format string, kind engine.Kind, about *engine.Media) {
	if format != "audio/ogg" {
		s.probe(ctx, file, format, about)
		return
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return
	}
	o, err := readOpus(file)
	if err != nil {
		s.probe(ctx, file, format, about)
		return
	}
	if o.seconds > 0 {
		about.Seconds = o.seconds
	}
	if kind != engine.KindVoice || len(about.Waveform) > 0 {
		return
	}
	about.Waveform = waveform(o.sizes)
	if levels, err := s.levels(ctx, file, format); err == nil && len(levels) > 0 {
		about.Waveform = waveform(levels)
	}
}

// levels are how loud each twentieth of a second of audio is.
func (s *Service) levels(ctx context.Context, file *os.File, format string) ([]float64, error) {
	const rate, window = 8000, 8000 / 20
	var levels []float64
	err := s.run(ctx, file, format, func(out io.Reader) error {
		in := bufio.NewReader(out)
		samples := make([]byte, 2*window)
		for len(levels) < 20*maxSeconds {
			n, err := io.ReadFull(in, samples)
			sum := 0.0
			for i := 0; i+1 < n; i += 2 {
				v := float64(int16(binary.LittleEndian.Uint16(samples[i:]))) // a sample is signed
				sum += v * v
			}
			if n > 1 {
				levels = append(levels, math.Sqrt(sum/float64(n/2)))
			}
			if err != nil {
				return nil //nolint:nilerr // the end
			}
		}
		return nil
	}, "-vn", "-ac", "1", "-ar", strconv.Itoa(rate), "-f", "s16le", "pipe:1")
	return levels, err
}

package media

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// FFmpeg makes no picture of a video whose frames take too much memory.
func TestVideoWithHugeFrames(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	require.NoError(t, err, "run .ci/deps, which installs FFmpeg")
	s := New(Config{FFmpeg: ffmpeg})
	for size, shown := range map[string]bool{"64x48": true, "8192x4096": false} {
		name := t.TempDir() + "/video.mp4"
		out, err := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-f", "lavfi", "-i", "color=size="+size+":rate=1",
			"-frames:v", "1", "-c:v", "libx264", "-preset", "ultrafast", name).CombinedOutput()
		require.NoError(t, err, string(out))
		file, err := os.Open(name)
		require.NoError(t, err)
		about := engine.Media{}
		found := s.lookAtVideo(t.Context(), file, "video/mp4", &about)
		require.Equal(t, shown, found.small != nil, size)
		require.NoError(t, file.Close())
	}
}

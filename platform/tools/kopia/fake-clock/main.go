// Program kopia-fake-clock is Kopia for tests that move its clock. It is built with Kopia's own tag `testing`, which takes the
// time from an HTTP server (KOPIA_FAKE_CLOCK_ENDPOINT) and derives the format's key in no time; here the files of a
// filesystem repository get that same time, because maintenance compares the two.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/kopia/kopia/cli"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/blob/filesystem"
	"github.com/kopia/kopia/repo/logging"
)

const kopia = "github.com/kopia/kopia"

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("kopia-fake-clock: " + version())
		return
	}
	if endpoint := os.Getenv("KOPIA_FAKE_CLOCK_ENDPOINT"); endpoint != "" {
		blob.AddSupportedStorage("filesystem", filesystem.Options{}, withTimes(endpoint))
	}
	app := kingpin.New("kopia", "Kopia with a clock that can be moved")
	app.ErrorWriter(os.Stderr)
	kopia := cli.NewApp()
	attachLog(kopia, app)
	kopia.Attach(app)
	kingpin.MustParse(app.Parse(os.Args[1:]))
}

// Kopia's own flags for its log live in a package that can't be imported; of them, those that Stowage gives.
func attachLog(kopia *cli.App, app *kingpin.Application) {
	level := app.Flag("log-level", "Console log level").Default("info").Enum("debug", "info", "warning", "error")
	app.Flag("disable-file-logging", "Nothing is logged to files anyway").Bool()
	app.PreAction(func(*kingpin.ParseContext) error {
		levels := map[string]zapcore.Level{"debug": zap.DebugLevel, "info": zap.InfoLevel, "warning": zap.WarnLevel, "error": zap.ErrorLevel}
		encoder := zapcore.NewConsoleEncoder(zapcore.EncoderConfig{
			LevelKey:         "l",
			MessageKey:       "m",
			EncodeLevel:      zapcore.CapitalLevelEncoder,
			ConsoleSeparator: " ",
		})
		logger := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(os.Stderr), levels[*level]))
		kopia.SetLoggerFactory(func(module string) logging.Logger { return logger.Named(module).Sugar() })
		return nil
	})
}

// Files are written at the clock's time, as a storage's own clock would say it.
type timed struct {
	blob.Storage
	offset time.Duration
}

func (s timed) PutBlob(ctx context.Context, id blob.ID, data blob.Bytes, options blob.PutOptions) error {
	if options.SetModTime.IsZero() {
		options.SetModTime = time.Now().Add(s.offset)
	}
	return s.Storage.PutBlob(ctx, id, data, options)
}

func withTimes(endpoint string) func(context.Context, *filesystem.Options, bool) (blob.Storage, error) {
	return func(ctx context.Context, options *filesystem.Options, isCreate bool) (blob.Storage, error) {
		storage, err := filesystem.New(ctx, options, isCreate)
		if err != nil {
			return nil, err
		}
		return timed{storage, offsetOf(endpoint)}, nil
	}
}

// As Kopia's own fake clock, this one runs on from the server's answer.
func offsetOf(endpoint string) time.Duration {
	response, err := http.Get(endpoint)
	if err != nil {
		log.Fatalf("no time from %v: %v", endpoint, err)
	}
	defer response.Body.Close()
	var answer struct {
		Time time.Time `json:"time"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatalf("no time in the answer of %v: %v", endpoint, err)
	}
	return time.Until(answer.Time)
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == kopia {
			return kopia + " " + module.Version
		}
	}
	return "unknown"
}

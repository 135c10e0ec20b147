package main

import "go.mau.fi/libsignal/logger"

// quietLibsignal keeps libsignal from printing to standard output, where
// commands write what programs read. What it would print, such as a message
// that can't be decrypted, comes back as an error too.
func quietLibsignal() {
	var silent logger.Loggable = silentLogger{}
	logger.Setup(&silent)
}

type silentLogger struct{}

func (silentLogger) Debug(string, string)   {}
func (silentLogger) Info(string, string)    {}
func (silentLogger) Warning(string, string) {}
func (silentLogger) Error(string, string)   {}
func (silentLogger) Configure(string)       {}

// Package api is the dashboard's HTTP API and its live websocket.
package api

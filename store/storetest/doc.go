// Package storetest opens fresh databases for tests and holds the contract
// that a store must keep on each of them.
package storetest

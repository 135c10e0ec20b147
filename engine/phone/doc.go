// Package phone reads phone numbers as people write them, and finds the
// WhatsApp accounts behind them. It knows what numbers look like in every
// country from Google's libphonenumber; which form of a number an account has,
// only WhatsApp knows.
package phone

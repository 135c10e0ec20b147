import { phoneNumber } from "./phone";

/** The first phone number on a contact card (a vCard of RFC 6350), or nothing; one with its country code as its country writes it. */
export function numberOf(vcard: string): string {
  const line = vcard.split(/\r?\n/).find((line) => /^(item\d+\.)?TEL[;:]/i.test(line));
  const number = line ? line.slice(line.lastIndexOf(":") + 1).trim() : "";
  return /^\+[\d\s().-]+$/.test(number) ? phoneNumber(number.replace(/\D/g, "")) : number;
}

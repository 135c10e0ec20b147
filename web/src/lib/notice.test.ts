import { expect, test } from "vitest";
import { noticeSentence } from "./notice";
import { numberOf } from "./vcard";

test("notices name who did what to whom", () => {
  const people = [
    { contact: "1", name: "Sipho" },
    { contact: "2", phone: "27821234567" },
  ];
  expect(noticeSentence({ code: "added", people }, "Thandi")).toBe("Thandi added Sipho, +27 82 123 4567");
  expect(noticeSentence({ code: "removed", self: true }, "Thandi")).toBe("Thandi removed you");
  expect(noticeSentence({ code: "left", people: [{ contact: "1", name: "Sipho" }] }, "")).toBe("Sipho left");
  expect(noticeSentence({ code: "subject", value: "Flats", from_me: true }, "")).toBe(
    "You changed the subject to “Flats”",
  );
  expect(noticeSentence({ code: "announce", value: "on" }, "")).toBe("Only admins can write now");
});

test("the first number on a contact card", () => {
  expect(numberOf("BEGIN:VCARD\nFN:Ann\nTEL;type=CELL;waid=27821112222:+27 82 111 2222\nEND:VCARD")).toBe(
    "+27 82 111 2222",
  );
  expect(numberOf("BEGIN:VCARD\nFN:Ann\nTEL:+27821112222\nEND:VCARD")).toBe("+27 82 111 2222");
  expect(numberOf("BEGIN:VCARD\nFN:Ann\nTEL:082 111 2222\nEND:VCARD")).toBe("082 111 2222");
  expect(numberOf("BEGIN:VCARD\nFN:Ann\nEND:VCARD")).toBe("");
});

/** A part of a message: plain text, a link, or parts in one of WhatsApp's styles. */
export type Part =
  | string
  | { kind: "link"; text: string; href: string }
  | { kind: "mono"; text: string }
  | { kind: Style; parts: Part[] };

type Style = "bold" | "italic" | "strike";

const styles: Record<string, Style> = { "*": "bold", _: "italic", "~": "strike" };
const fence = "```";

/**
 * An address in a text. It ends at blanks, quotes, angle brackets, and at
 * characters that change the direction of writing, behind which another
 * address could be made to look like this one.
 */
const address = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/iuy;
const wordly = /[\p{L}\p{N}]/u;

/** Reads WhatsApp's marks and http(s) addresses. It takes time in proportion to the text's length. */
export function richText(text: string): Part[] {
  return read(text, "");
}

/** Reads a text that stands within the styles of the given marks, which don't count in it again. */
function read(text: string, within: string): Part[] {
  const parts: Part[] = [];
  const unclosed = new Map<string, number>();
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    const found = partAt(text, at, within, unclosed);
    if (!found) {
      at++;
      continue;
    }
    if (typeof found.part === "string") {
      at = found.end;
      continue;
    }
    if (at > plain) parts.push(text.slice(plain, at));
    parts.push(found.part);
    at = found.end;
    plain = at;
  }
  if (plain < text.length) parts.push(text.slice(plain));
  return parts;
}

interface Found {
  part: Part;
  /** Where the text goes on. */
  end: number;
}

function partAt(text: string, at: number, within: string, unclosed: Map<string, number>): Found | null {
  const mark = text.charAt(at);
  if (mark === "h" || mark === "H") return linkAt(text, at);
  if (mark === "`") return monoAt(text, at, unclosed);
  const kind = styles[mark];
  if (!kind || within.includes(mark)) return null;
  const end = closing(text, at, mark, unclosed);
  if (end < 0) return null;
  return { part: { kind, parts: read(text.slice(at + 1, end), within + mark) }, end: end + 1 };
}

function linkAt(text: string, at: number): Found | null {
  if (wordly.test(text.charAt(at - 1))) return null;
  address.lastIndex = at;
  const found = address.exec(text)?.[0];
  if (!found) return null;
  const written = withoutSentence(found);
  const href = safeAddress(written);
  // One that leads nowhere good is passed over whole, so that its parts are not tried one by one.
  return href
    ? { part: { kind: "link", text: written, href }, end: at + written.length }
    : { part: found, end: at + found.length };
}

/** Leaves out what ends the sentence rather than the address, such as a full stop. */
function withoutSentence(found: string): string {
  let end = found.length;
  let open = 0;
  for (const letter of found) open += letter === "(" ? 1 : letter === ")" ? -1 : 0;
  while (end > 0) {
    const last = found.charAt(end - 1);
    if (last === ")" && open < 0) open++;
    else if (!".,;:!?]}*_~…".includes(last)) break;
    end--;
  }
  return found.slice(0, end);
}

/** The address to go to, if it is a plain one: who puts a name before an @ wants to be taken for another host. */
function safeAddress(written: string): string | null {
  try {
    const { protocol, hostname, username, password, href } = new URL(written);
    const web = protocol === "http:" || protocol === "https:";
    return web && hostname !== "" && username === "" && password === "" ? href : null;
  } catch {
    return null;
  }
}

function monoAt(text: string, at: number, unclosed: Map<string, number>): Found | null {
  if (!text.startsWith(fence, at) || unclosed.has(fence)) return null;
  const end = text.indexOf(fence, at + fence.length);
  if (end < 0) unclosed.set(fence, text.length);
  const inside = text.slice(at + fence.length, end);
  return end < 0 || inside.trim() === ""
    ? null
    : { part: { kind: "mono", text: inside }, end: end + fence.length };
}

/**
 * Where the style that a mark opens ends, on the same line; -1 if it opens
 * none. A line that holds no end is remembered, so that it is searched once.
 */
function closing(text: string, at: number, mark: string, unclosed: Map<string, number>): number {
  const opens =
    !wordly.test(text.charAt(at - 1)) && /[^\s]/.test(text.charAt(at + 1)) && text.charAt(at + 1) !== mark;
  if (!opens || at < (unclosed.get(mark) ?? 0)) return -1;
  let end = at + 2;
  for (; end < text.length && text.charAt(end) !== "\n"; end++) {
    const closes =
      text.charAt(end) === mark && !/\s/.test(text.charAt(end - 1)) && !wordly.test(text.charAt(end + 1));
    if (closes) return end;
  }
  unclosed.set(mark, end);
  return -1;
}

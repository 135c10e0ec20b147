import type { PasskeyAnswer, PasskeyOptions } from "@/api/types";

/** What browsers of 2025 and later have, and TypeScript's own types may not. */
interface PasskeyJSON {
  parseRequestOptionsFromJSON?: (options: unknown) => PublicKeyCredentialRequestOptions;
}

/** Asks the browser for the passkey; null if it doesn't give it to this page. */
export async function askBrowser(options: PasskeyOptions): Promise<PasskeyAnswer | null> {
  try {
    const parse = (PublicKeyCredential as unknown as PasskeyJSON).parseRequestOptionsFromJSON;
    if (!parse) return null;
    const publicKey = parse.call(PublicKeyCredential, options);
    const credential = await navigator.credentials.get({ publicKey });
    return parseAnswer(JSON.stringify(credential));
  } catch {
    return null;
  }
}

/** The script that asks for the passkey on WhatsApp's own page. */
export function snippetFor(options: PasskeyOptions): string {
  return `navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)})}).then(c => console.log(JSON.stringify(c)))`;
}

/** Reads what the script printed, with nothing in it that the server doesn't take; null if it is something else. */
export function parseAnswer(text: string): PasskeyAnswer | null {
  try {
    const { id, rawId, type, response } = JSON.parse(text.trim()) as Partial<PasskeyAnswer>;
    const { clientDataJSON, authenticatorData, signature, userHandle } = response ?? {};
    if (![id, rawId, type, clientDataJSON, authenticatorData, signature].every(isText)) return null;
    return {
      id,
      rawId,
      type,
      response: { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) },
    } as PasskeyAnswer;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

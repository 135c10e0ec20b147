// Starts the real program: the server, the WhatsApp simulator and the scripted
// stand-in for Gemini, each as a process of its own.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** The program to test: AIBUD_BIN, or one that is built now. */
export function program() {
  if (process.env.AIBUD_BIN) return process.env.AIBUD_BIN;
  if (!existsSync(join(project, "web/dist/index.html"))) {
    throw new Error(
      "web/dist is not built: run `npm run build` first, so that the program has its dashboard.",
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "aibud-e2e-bin-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "aibud");
  execFileSync("go", ["build", "-o", binary, "./cmd/aibud"], { cwd: project, stdio: "inherit" });
  return binary;
}

/** What runs now: nothing of it may outlive the tests, whatever becomes of them. */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process of the program. */
class Process {
  constructor(binary, args, env) {
    this.output = "";
    this.child = spawn(binary, args, {
      env: { PATH: process.env.PATH, HOME: tmpdir(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.child);
    this.ended = new Promise((done) => this.child.once("exit", done)).then(() => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
  }

  /** Waits until what it printed matches, and returns the match. */
  async printed(pattern, within = 60_000) {
    return await until(`the process prints ${pattern}`, within, () => {
      if (this.child.exitCode !== null) throw new Error(`the process ended:\n${this.output}`);
      return this.output.match(pattern);
    });
  }

  async stop() {
    this.child.kill("SIGTERM");
    const last = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await this.ended;
    clearTimeout(last);
  }
}

/** Server, simulator and scripted AI, on free ports and in a folder of their own. */
export async function startWorld(binary, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), "aibud-e2e-"));
  const simulator = new Process(binary, ["simulate", "--listen", "127.0.0.1:0"]);
  const gemini = new Process(binary, ["gemini", "--listen", "127.0.0.1:0", "--delay", "700ms"]);
  const ready = JSON.parse((await simulator.printed(/^\{.*\}$/m))[0]);
  const { base_url } = JSON.parse((await gemini.printed(/^\{.*\}$/m))[0]);
  const listen = `127.0.0.1:${await freePort()}`;
  const env = {
    AIBUD_LISTEN: listen,
    AIBUD_DATA: folder,
    AIBUD_WHATSAPP_URL: ready.websocket,
    AIBUD_WHATSAPP_MEDIA_URL: ready.media,
    AIBUD_WHATSAPP_ROOT_KEY: ready.root_key,
    GEMINI_API_KEY: "not-a-real-key",
    GEMINI_BASE_URL: base_url,
    AIBUD_ASSISTANT_QUIET: "1s",
    ...more,
  };
  const serve = async () => {
    const server = new Process(binary, ["serve"], env);
    await server.printed(/Aibud is ready at (\S+)/);
    return server;
  };
  let server = await serve();
  return {
    url: `http://${listen}`,
    phones: phones(ready.control),
    stopServer: () => server.stop(),
    startServer: async () => {
      server = await serve();
    },
    log: () => server.output,
    stop: async () => {
      await Promise.all([server.stop(), simulator.stop(), gemini.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The demo, as a person starts it. */
export async function startDemo(binary) {
  const listen = `127.0.0.1:${await freePort()}`;
  const demo = new Process(binary, ["demo"], { AIBUD_LISTEN: listen });
  await demo.printed(/demo is ready/, 120_000);
  return { url: `http://${listen}`, log: () => demo.output, stop: () => demo.stop() };
}

/** The simulator's control API: what people do with their phones. */
function phones(control) {
  const call = async (method, path, body) => {
    const response = await fetch(new URL(path, control), {
      method,
      body: body && JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const of = (number, what) => `/control/phones/${number}/${what}`;
  return {
    add: (number, name) => call("POST", "/control/phones", { number, name }),
    scan: (number, qr) => call("POST", of(number, "scan"), { qr }),
    send: (number, to, text) => call("POST", of(number, "messages"), { to, text }),
    presence: (number, online) => call("POST", of(number, "presence"), { online }),
    typing: (number, to, state) => call("POST", of(number, "typing"), { to, ...state }),
    /** Sends any kind of message: see docs/simulator.md. */
    post: (number, message) => call("POST", of(number, "messages"), message),
    /** Has linking ask for a passkey. */
    guard: (number, passkey) => call("POST", of(number, "passkey"), passkey),
    read: (number, ids) => call("POST", of(number, "read"), { message_ids: ids }),
    messages: (number) => call("GET", of(number, "messages")),
    /** Waits until a phone shows a message that fits. */
    wait: (number, fits, within = 20_000) =>
      until(`the phone ${number} shows the message`, within, async () =>
        (await call("GET", of(number, "messages"))).find(fits),
      ),
  };
}

/** Asks again and again until the answer is true, and returns it. */
export async function until(what, within, ask) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain until ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

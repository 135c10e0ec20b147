"use strict";
// Shows /v1/openapi.json. Everything is built as nodes, never as HTML text.

const methods = ["get", "post", "put", "patch", "delete"];

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

const nameOf = (ref) => ref.slice(ref.lastIndexOf("/") + 1);
const code = (text) => make("code", {}, text);

// prose shows what is between backticks as code.
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 ? code(part) : part));
}

// typeOf describes a schema's type, with links to named schemas.
function typeOf(schema) {
  if (!schema) return document.createTextNode("");
  if (schema.$ref) return make("a", { href: "#schema-" + nameOf(schema.$ref) }, nameOf(schema.$ref));
  if (schema.enum) return make("span", {}, schema.enum.map((value) => JSON.stringify(value)).join(" | "));
  const types = [schema.type ?? "any"].flat();
  const span = make("span", {});
  types.forEach((type, i) => {
    if (i > 0) span.append(" or ");
    if (type === "array") span.append("list of ", typeOf(schema.items));
    else span.append(schema.format ? `${type} (${schema.format})` : type);
  });
  return span;
}

// rulesOf lists what a value must keep to.
function rulesOf(schema) {
  const rules = [];
  if (schema.minLength !== undefined) rules.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) rules.push(`at most ${schema.maxLength} characters`);
  if (schema.minimum !== undefined) rules.push(`from ${schema.minimum}`);
  if (schema.maximum !== undefined) rules.push(`up to ${schema.maximum}`);
  if (schema.default !== undefined) rules.push(`default ${JSON.stringify(schema.default)}`);
  return rules.join(", ");
}

function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell ?? ""))));
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function fields(schema) {
  const required = new Set(schema.required ?? []);
  return table(
    ["Field", "Type", "Meaning"],
    Object.entries(schema.properties ?? {}).map(([name, field]) => [
      make("span", {}, code(name), required.has(name) ? "" : make("span", { class: "soft" }, " optional")),
      typeOf(field),
      [field.description, rulesOf(field)].filter(Boolean).join(". "),
    ]),
  );
}

function parameters(list) {
  return table(
    ["Parameter", "In", "Type", "Meaning"],
    list.map((one) => [
      code(one.name),
      one.in,
      typeOf(one.schema),
      [one.description ?? one.schema?.description, rulesOf(one.schema ?? {})].filter(Boolean).join(". "),
    ]),
  );
}

function responses(map) {
  return table(
    ["Status", "Body", "Meaning"],
    Object.entries(map).map(([status, response]) => {
      const content = Object.values(response.content ?? {})[0];
      return [code(status), content ? typeOf(content.schema) : "", response.description ?? ""];
    }),
  );
}

function operation(path, method, op) {
  const open = (op.security ?? []).length === 0;
  const node = make(
    "article",
    { id: op.operationId },
    make("h3", {}, make("span", { class: "method " + method }, method.toUpperCase()), code(path)),
    make("p", {}, op.summary ?? ""),
    op.description ? make("p", { class: "soft" }, ...prose(op.description)) : null,
    make("p", { class: "soft" }, open ? "Open to everyone." : "For signed-in users."),
  );
  if (op.parameters?.length) node.append(make("h4", {}, "Parameters"), parameters(op.parameters));
  const body = op.requestBody && Object.values(op.requestBody.content)[0];
  if (body) node.append(make("h4", {}, "Body"), make("p", {}, typeOf(body.schema)));
  node.append(make("h4", {}, "Answers"), responses(op.responses ?? {}));
  return node;
}

function byTag(spec) {
  const tags = new Map((spec.tags ?? []).map((tag) => [tag.name, []]));
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of methods) {
      const op = item[method];
      if (!op) continue;
      const tag = op.tags?.[0] ?? "Other";
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push({ path, method, op });
    }
  }
  return tags;
}

function show(spec) {
  const content = document.getElementById("content");
  const menu = document.getElementById("menu");
  content.replaceChildren(make("h1", {}, spec.info.title + " API"), make("p", {}, ...prose(spec.info.description ?? "")));
  for (const [tag, operations] of byTag(spec)) {
    content.append(make("h2", {}, tag), ...operations.map(({ path, method, op }) => operation(path, method, op)));
    const links = operations.map(({ path, op }) =>
      make("li", { "data-words": `${tag} ${path} ${op.summary}`.toLowerCase() }, make("a", { href: "#" + op.operationId }, op.summary)),
    );
    menu.append(make("section", {}, make("h2", {}, tag), make("ul", {}, ...links)));
  }
  content.append(make("h2", {}, "Problems"));
  for (const problem of spec.components.schemas.Problem.properties.code.enum) {
    content.append(make("p", { id: "problem-" + problem }, code(problem), " ", spec["x-problems"]?.[problem] ?? ""));
  }
  content.append(make("h2", {}, "Schemas"));
  for (const [name, schema] of Object.entries(spec.components.schemas)) {
    content.append(make("article", { id: "schema-" + name }, make("h3", {}, name), fields(schema)));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

function filter(text) {
  const word = text.trim().toLowerCase();
  for (const section of document.querySelectorAll("#menu section")) {
    let any = false;
    for (const item of section.querySelectorAll("li")) {
      item.hidden = !item.dataset.words.includes(word);
      any ||= !item.hidden;
    }
    section.hidden = !any;
  }
}

async function start() {
  document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
  try {
    const response = await fetch("/v1/openapi.json");
    if (!response.ok) throw new Error("status " + response.status);
    show(await response.json());
  } catch (error) {
    document.getElementById("state").textContent = "The document could not be loaded: " + error.message;
  }
}

start();

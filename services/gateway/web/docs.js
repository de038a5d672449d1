// The calls, readable: the OpenAPI document as a page.

const document_ = await (await fetch("/openapi.json")).json();

function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const nameOf = (reference) => reference.split("/").pop();

/** A schema as a small example of its form: field to type, references followed a few levels down. */
function form(schema, levels = 4) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return levels ? form(document_.components.schemas[name], levels - 1) : name;
  }
  if (schema.anyOf) return schema.anyOf.map((one) => form(one, levels)).reduce((all, one) => (typeof one === "object" ? one : typeof all === "object" ? all : `${all} | ${one}`));
  if (schema.allOf) return form(schema.allOf[0], levels);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, form(value, levels)]));
  if (schema.type === "array") return schema.items ? [form(schema.items, levels)] : [];
  return schema.format ?? schema.type ?? "any";
}

function table(rows) {
  return h("table", {}, h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, cell))))));
}

/** Words with `code` among them. */
function words(text) {
  return h("span", {}, ...(text ?? "").split(/`([^`]+)`/).map((piece, n) => (n % 2 ? h("code", {}, piece) : piece)));
}

function part(title, ...content) {
  return h("div", {}, h("h3", {}, title), ...content);
}

function call(method, path, operation) {
  const inside = h("div", { class: "inside" }, h("p", {}, words(operation.description)));
  if (operation.parameters?.length) {
    inside.append(part("Parameters", table(operation.parameters.map((one) => [h("code", {}, one.name), `${one.in}${one.required ? ", needed" : ""}`, words(one.description ?? one.schema?.description)]))));
  }
  const body = operation.requestBody?.content["application/json"]?.schema;
  if (body) inside.append(part("Body", h("pre", { tabindex: "0" }, JSON.stringify(form(body), null, 2))));
  const ok = Object.entries(operation.responses).find(([status, response]) => status < 300 && response.content?.["application/json"]?.schema);
  if (ok && Object.keys(ok[1].content["application/json"].schema).length) inside.append(part(`Answers ${ok[0]}`, h("pre", { tabindex: "0" }, JSON.stringify(form(ok[1].content["application/json"].schema), null, 2))));
  inside.append(part("All answers", table(Object.entries(operation.responses).sort().map(([status, response]) => [h("code", {}, status), words(response.description)]))));
  return h("details", { class: "call" },
    h("summary", {}, h("span", { class: `method ${method}` }, method), h("code", {}, path), h("span", {}, operation.summary)), inside);
}

const groups = new Map();
for (const [path, item] of Object.entries(document_.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const tag = operation.tags?.at(-1) ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), call(method, path, operation)]);
  }
}
document.getElementById("docs").append(
  ...document_.info.description.split("\n\n").map((paragraph) => h("p", {}, words(paragraph))),
  ...[...groups].map(([tag, calls]) => h("section", {}, h("h2", {}, tag), ...calls)),
);

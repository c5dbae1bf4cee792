/**
 * Carries out a program of the console. A page with a strict Content-Security-Policy may not turn text into code, so this
 * walks the tree that a parser made of the text: the part of JavaScript in which one calls an API, and no more. It knows
 * no globals but those it is given, and no way to the ones it is not given.
 *
 *     await interpret(parse(text), { read, declare });
 *
 * Every node is a generator that yields what is awaited, so that the same code runs a program, which may wait, and a
 * callback, which may not.
 */

/** They lead from any value to the means of making code. */
const FORBIDDEN = ["__proto__", "constructor", "prototype"];

const UNARY = {
  "!": (a) => !a, "-": (a) => -a, "+": (a) => +a, "~": (a) => ~a, "typeof": (a) => typeof a, "void": () => undefined,
};

const BINARY = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b,
  "===": (a, b) => a === b, "!==": (a, b) => a !== b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "&": (a, b) => a & b, "|": (a, b) => a | b, "^": (a, b) => a ^ b, "<<": (a, b) => a << b, ">>": (a, b) => a >> b, ">>>": (a, b) => a >>> b,
};

/** Names and their values. One made inside another sees the names of both. */
export class Scope {
  #names = new Map();
  #outer;

  /** @param {Scope | Record<string, unknown> | undefined} outer  getters are asked each time */
  constructor(outer) {
    this.#outer = outer;
  }

  read(name) {
    if (this.#names.has(name)) return this.#names.get(name);
    if (this.#outer instanceof Scope) return this.#outer.read(name);
    if (this.#outer && Object.hasOwn(this.#outer, name)) return this.#outer[name];
    throw new ReferenceError(`${name} is not known here`);
  }

  declare(name, value) {
    this.#names.set(name, value);
  }

  assign(name, value) {
    if (this.#names.has(name)) this.#names.set(name, value);
    else if (this.#outer instanceof Scope) this.#outer.assign(name, value);
    else throw new ReferenceError(`${name} is not a variable of yours`);
  }

  /** The names that have been declared in this scope. */
  names() {
    return [...this.#names.keys()];
  }
}

/** Carries out a program and resolves with the value of its last expression. */
export async function interpret(program, scope, modules = {}) {
  return drive(statements(program.body, { scope, modules }));
}

/** Runs a generator to its end, waiting for what it yields. */
async function drive(running) {
  let next = running.next();
  while (!next.done) {
    let value;
    try {
      value = await next.value;
    } catch (error) {
      next = running.throw(error);
      continue;
    }
    next = running.next(value);
  }
  return next.value;
}

/** Runs a generator that may not wait. */
function driveAtOnce(running) {
  const next = running.next();
  if (!next.done) throw new SyntaxError("await is for async functions");
  return next.value;
}

/** What `return` carries out of its function. */
class Returned {
  constructor(value) {
    this.value = value;
  }
}

function* statements(body, world) {
  let last;
  for (const statement of body) {
    const value = yield* evaluate(statement, world);
    if (value instanceof Returned) return value;
    if (statement.type === "ExpressionStatement") last = value;
  }
  return last;
}

function* evaluate(node, world) {
  const known = NODES[node.type];
  if (!known) throw new SyntaxError(`the console does not do ${wordsOf(node.type)}`);
  return yield* known(node, world);
}

/** `WhileStatement` → `while statements`. */
const wordsOf = (type) => `${type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()}s`;

const NODES = {
  *ExpressionStatement({ expression }, world) {
    return yield* evaluate(expression, world);
  },
  *EmptyStatement() {},
  *BlockStatement({ body }, world) {
    return yield* statements(body, inner(world));
  },
  *ImportDeclaration({ source, specifiers }, { scope, modules }) {
    if (!Object.hasOwn(modules, source.value)) throw new SyntaxError(`the only module here is ${Object.keys(modules).join(", ")}`);
    const module = modules[source.value];
    for (const { type, imported, local } of specifiers) {
      if (type === "ImportNamespaceSpecifier") scope.declare(local.name, module);
      else if (type === "ImportSpecifier" && Object.hasOwn(module, imported.name)) scope.declare(local.name, module[imported.name]);
      else throw new SyntaxError(`${source.value} exports no ${imported?.name ?? "default"}`);
    }
  },
  *VariableDeclaration({ declarations }, world) {
    for (const { id, init } of declarations) bind(id, init ? yield* evaluate(init, world) : undefined, world.scope);
  },
  *IfStatement({ test, consequent, alternate }, world) {
    if (yield* evaluate(test, world)) return yield* evaluate(consequent, world);
    return alternate ? yield* evaluate(alternate, world) : undefined;
  },
  *ForOfStatement({ left, right, body }, world) {
    const [{ id } = {}] = left.declarations ?? [];
    if (!id) throw new SyntaxError("a loop begins like this: for (const each of …)");
    for (const item of yield* evaluate(right, world)) {
      const each = inner(world);
      bind(id, item, each.scope);
      const value = yield* evaluate(body, each);
      if (value instanceof Returned) return value;
    }
    return undefined;
  },
  *ReturnStatement({ argument }, world) {
    return new Returned(argument ? yield* evaluate(argument, world) : undefined);
  },
  *Literal({ value, regex }) {
    if (regex) throw new SyntaxError("the console does not do regular expressions");
    return value;
  },
  *Identifier({ name }, { scope }) {
    return name === "undefined" ? undefined : scope.read(name);
  },
  *TemplateLiteral({ quasis, expressions }, world) {
    let text = quasis[0].value.cooked;
    for (const [index, expression] of expressions.entries()) text += `${yield* evaluate(expression, world)}${quasis[index + 1].value.cooked}`;
    return text;
  },
  *ArrayExpression({ elements }, world) {
    return yield* list(elements, world);
  },
  *ObjectExpression({ properties }, world) {
    const made = {};
    for (const property of properties) {
      if (property.type === "SpreadElement") Object.assign(made, yield* evaluate(property.argument, world));
      else made[yield* keyOf(property.key, property.computed, world)] = yield* evaluate(property.value, world);
    }
    return made;
  },
  // A method of an object: `{ onStatus(group) { … } }`.
  *FunctionExpression(node, world) {
    return callable(node, world);
  },
  *ArrowFunctionExpression(node, world) {
    return callable(node, world);
  },
  *AwaitExpression({ argument }, world) {
    return yield yield* evaluate(argument, world);
  },
  *UnaryExpression({ operator, argument }, world) {
    if (!UNARY[operator]) throw new SyntaxError(`the console does not do ${operator}`);
    return UNARY[operator](yield* evaluate(argument, world));
  },
  *BinaryExpression({ operator, left, right }, world) {
    if (!BINARY[operator]) throw new SyntaxError(`the console does not do ${operator}`);
    return BINARY[operator](yield* evaluate(left, world), yield* evaluate(right, world));
  },
  *LogicalExpression({ operator, left, right }, world) {
    const value = yield* evaluate(left, world);
    const goesOn = { "&&": value, "||": !value, "??": value === null || value === undefined }[operator];
    return goesOn ? yield* evaluate(right, world) : value;
  },
  *ConditionalExpression({ test, consequent, alternate }, world) {
    return yield* evaluate((yield* evaluate(test, world)) ? consequent : alternate, world);
  },
  *AssignmentExpression({ operator, left, right }, world) {
    if (operator !== "=" || left.type !== "Identifier") throw new SyntaxError("only your own variables can be assigned to, with =");
    const value = yield* evaluate(right, world);
    world.scope.assign(left.name, value);
    return value;
  },
  *ChainExpression({ expression }, world) {
    return yield* evaluate(expression, world);
  },
  *MemberExpression(node, world) {
    return (yield* member(node, world)).value;
  },
  *CallExpression({ callee, arguments: given, optional }, world) {
    const { of, value } = callee.type === "MemberExpression" ? yield* member(callee, world) : { of: undefined, value: yield* evaluate(callee, world) };
    if ((optional || callee.optional) && (value === undefined || value === null)) return undefined;
    if (typeof value !== "function") throw new TypeError(`${nameOf(callee)} is no function`);
    return Reflect.apply(value, of, yield* list(given, world));
  },
};

const inner = (world) => ({ ...world, scope: new Scope(world.scope) });

function* list(nodes, world) {
  const values = [];
  for (const node of nodes) {
    if (node?.type === "SpreadElement") values.push(...yield* evaluate(node.argument, world));
    else values.push(node ? yield* evaluate(node, world) : undefined);
  }
  return values;
}

function* member({ object, property, computed, optional }, world) {
  const of = yield* evaluate(object, world);
  if (optional && (of === undefined || of === null)) return { of, value: undefined };
  const key = yield* keyOf(property, computed, world);
  if (of === undefined || of === null) throw new TypeError(`${nameOf(object)} is ${of}: it has no ${key}`);
  return { of, value: of[key] };
}

function* keyOf(node, computed, world) {
  const key = computed ? yield* evaluate(node, world) : node.name ?? node.value;
  if (node.type === "PrivateIdentifier" || FORBIDDEN.includes(String(key))) throw new SyntaxError(`the console does not go to ${key}`);
  return typeof key === "symbol" ? key : String(key);
}

/** Names of a pattern get their values: a name, `[a, b]`, `{ a, b: c }`. */
function bind(pattern, value, scope) {
  switch (pattern?.type) {
    case undefined:
    case null: return;
    case "Identifier": return scope.declare(pattern.name, value);
    case "ArrayPattern": {
      const values = [...value];
      return pattern.elements.forEach((element, index) => bind(element, values[index], scope));
    }
    case "ObjectPattern":
      return pattern.properties.forEach(({ key, value: inside }) => {
        if (!key?.name || FORBIDDEN.includes(key.name)) throw new SyntaxError("such a pattern the console does not take apart");
        bind(inside, value[key.name], scope);
      });
    default: throw new SyntaxError(`the console does not take ${wordsOf(pattern.type)} apart`);
  }
}

function callable({ params, body, async: waits, generator }, world) {
  if (generator) throw new SyntaxError("the console does not do generators");
  const run = function* (given) {
    const own = inner(world);
    for (const [index, param] of params.entries()) {
      if (param.type === "RestElement") bind(param.argument, given.slice(index), own.scope);
      else bind(param, given[index], own.scope);
    }
    if (body.type !== "BlockStatement") return yield* evaluate(body, own);
    const value = yield* statements(body.body, own);
    return value instanceof Returned ? value.value : undefined;
  };
  return waits ? (...given) => drive(run(given)) : (...given) => driveAtOnce(run(given));
}

/** What an expression is called, for a message. */
function nameOf(node) {
  if (node.type === "Identifier") return node.name;
  if (node.type === "MemberExpression" && !node.computed) return `${nameOf(node.object)}.${node.property.name}`;
  return "that";
}

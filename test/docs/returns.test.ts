import { join, relative } from "node:path";
import t from "tap";
import ts from "typescript";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

const EXAMPLE_FILE = join(PACKAGE_FOLDER, "test", "example.ts");

/** The package's sources and the example, with the types that the compiler knows. */
function makeProgram(example: string): { readonly files: readonly ts.SourceFile[]; readonly checker: ts.TypeChecker } {
  const config = join(PACKAGE_FOLDER, "tsconfig.json");
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(json, ts.sys, PACKAGE_FOLDER);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, version) =>
    path === EXAMPLE_FILE ? ts.createSourceFile(path, example, version) : getSourceFile(path, version);
  const program = ts.createProgram([...fileNames, EXAMPLE_FILE], options, host);
  const ours = (file: ts.SourceFile) => !(file.isDeclarationFile || file.fileName.includes("/node_modules/"));
  return { files: program.getSourceFiles().filter(ours), checker: program.getTypeChecker() };
}

/** Whether something that the statements of this block opened, or a `catch` or `finally`, waits for the block's end. */
function endsInSomething(node: ts.Node): boolean {
  if (ts.isTryStatement(node.parent)) return node.parent.tryBlock === node || node.parent.finallyBlock !== undefined;
  if (!ts.isBlock(node)) return false;
  return node.statements.some(
    (one) => ts.isVariableStatement(one) && (one.declarationList.flags & ts.NodeFlags.Using) !== 0,
  );
}

/** Each `return` of a promise that is not awaited although the block's end closes what the promise still works with. */
function returnsTooEarly(files: readonly ts.SourceFile[]): readonly string[] {
  const found: string[] = [];
  const look = (node: ts.Node, file: ts.SourceFile, guarded: boolean) => {
    const inside = !ts.isFunctionLike(node) && (guarded || (node.parent !== undefined && endsInSomething(node)));
    if (inside && ts.isReturnStatement(node) && node.expression && !ts.isAwaitExpression(node.expression)) {
      const type = checker.getTypeAtLocation(node.expression);
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      if (checker.getPropertyOfType(type, "then")) found.push(`${relative(PACKAGE_FOLDER, file.fileName)}:${line}`);
    }
    ts.forEachChild(node, (child) => look(child, file, inside));
  };
  for (const file of files) look(file, file, false);
  return found;
}

const EXAMPLE = `
declare function work(): Promise<number>;
async function early(one: AsyncDisposable) {
  await using open = one;
  return work();
}
async function late(one: AsyncDisposable) {
  await using open = one;
  return await work();
}
async function uncaught() {
  try {
    return work();
  } catch {
    return work();
  }
}
async function another(one: Disposable) {
  using open = one;
  return { later: () => { return work(); } };
}
`;

const { files, checker } = makeProgram(EXAMPLE);
const isExample = ({ fileName }: ts.SourceFile) => fileName === EXAMPLE_FILE;

t.test("a promise returned from under what is closed is seen, an awaited one is not", async (t) => {
  t.same(returnsTooEarly(files.filter(isExample)), ["test/example.ts:5", "test/example.ts:13"]);
});

t.test("no function closes what a promise it returns still works with", async (t) => {
  t.same(returnsTooEarly(files.filter((file) => !isExample(file))), []);
});

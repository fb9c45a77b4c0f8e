import { dirname, join } from 'node:path';
import ts from 'typescript';
import { projectDir } from '../support/temporal-paths.js';

/** A file that exists for the compiler only. */
export interface VirtualFile {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
}

/** Public names of the package, as its sources. */
const paths = {
  'temporal-tokenkeeper': ['./src/index.ts'],
  'temporal-tokenkeeper/client': ['./src/client/index.ts'],
  'temporal-tokenkeeper/testing': ['./test/contracts/index.ts'],
  'temporal-tokenkeeper/workflows': ['./src/workflows/index.ts'],
};

/**
 * Type-checks files that are not on the disk as if they were, with the project's own settings.
 * @returns what is wrong: `path(line): message`
 */
export function typeCheck(files: readonly VirtualFile[]): string[] {
  const options = { ...projectOptions(), paths, noEmit: true, declaration: false };
  const host = ts.createCompilerHost(options, true);
  const texts = new Map(files.map(({ path, text }) => [join(projectDir, path), text]));
  const folders = new Set([...texts.keys()].map((path) => dirname(path)));
  const onDisk = {
    fileExists: host.fileExists,
    readFile: host.readFile,
    directoryExists: host.directoryExists,
    getSourceFile: host.getSourceFile,
  };
  host.fileExists = (path) => texts.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? onDisk.readFile(path);
  host.directoryExists = (path) => folders.has(path) || (onDisk.directoryExists?.(path) ?? true);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? onDisk.getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language, true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  // Only these files: the project's own are checked by `npm run lint`.
  return [...texts.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(describe);
  });
}

function projectOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(projectDir, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, projectDir);
  delete options.incremental;
  delete options.tsBuildInfoFile;
  return options;
}

function describe({ file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (file === undefined || start === undefined) return message;
  const line = file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file.fileName.replace(projectDir, '')}(${line}): ${message}`;
}

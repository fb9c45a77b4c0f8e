import { stat } from 'node:fs/promises';
import type { AddCommand } from '../command.js';

export const addSchema: AddCommand = (program, run) =>
  program
    .command('schema')
    .description('The JSON schema of tokens.yaml for editors, with the drivers of the modules that it names.')
    .option('--out <file>', 'into this file, new or such a schema already; default: stdout')
    .addHelpText('after', '\nExample, after each change of drivers:\n  tokenkeeper schema --out tokens.schema.json')
    .action(
      run(async (session, { out }: { readonly out?: string }) => {
        const { schemaLine, schemaText, writeSchema } = await import('../config-schema.js');
        const text = await schemaText(session.paths);
        if (out === undefined) {
          session.io.stdout.write(text);
          return;
        }
        await writeSchema(out, text);
        session.print(`wrote ${out}`);
        const [file = ''] = session.paths;
        const isFolder = (await stat(file)).isDirectory();
        session.print(`editors find it by the first line of ${isFolder ? 'each file there' : file}:`);
        session.print(`  ${schemaLine(isFolder ? `${file}/tokens.yaml` : file, out)}`);
      }),
    );

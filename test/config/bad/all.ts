import { names } from './names.js';
import { secrets } from './secrets.js';
import { sense } from './sense.js';
import { shape } from './shape.js';
import { syntax } from './syntax.js';

/** Every bad configuration, by group. */
export const groups = { syntax, shape, secrets, names, sense };

/** Every bad configuration. */
export const all = Object.values(groups).flat();

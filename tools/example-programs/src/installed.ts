/** The folder of examples that are installed from packed packages; `undefined` for the examples of the workspace. */
export const INSTALLED = process.env.AASM_INSTALLED_EXAMPLES;

/** The program of the thread, with all that it imports: the build writes it here, so that it is in every bundle. */
export const WORKER_SOURCE: string = "";

/** Where the `ava` program of this platform is. Importing this package fails, and says which one is missing, if it isn't there. */
export declare const binary: string;

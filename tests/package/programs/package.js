// The installed package, for a test to import.
export * from "qmgr";

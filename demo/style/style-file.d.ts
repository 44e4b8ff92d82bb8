/** A component that is loaded when it is asked for brings its own style. */
declare module '*.css';

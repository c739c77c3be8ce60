/** The C library: the only package that calls native code. */
@NullMarked
package dev.sluice.linux.libc;

import org.jspecify.annotations.NullMarked;

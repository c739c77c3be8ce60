/** The functions of the C library; the only package that calls native code. */
@NullMarked
package dev.sluice.linux.libc;

import org.jspecify.annotations.NullMarked;

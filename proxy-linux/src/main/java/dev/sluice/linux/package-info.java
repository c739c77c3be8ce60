/** HOW: everything that is said to the kernel is said from this room. */
@NullMarked
package dev.sluice.linux;

import org.jspecify.annotations.NullMarked;

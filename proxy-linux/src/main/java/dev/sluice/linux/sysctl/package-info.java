/** Kernel parameters below /proc/sys. */
@NullMarked
package dev.sluice.linux.sysctl;

import org.jspecify.annotations.NullMarked;

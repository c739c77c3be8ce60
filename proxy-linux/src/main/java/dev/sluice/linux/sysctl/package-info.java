/** Kernel parameters below /proc/sys, and the time since boot. */
@NullMarked
package dev.sluice.linux.sysctl;

import org.jspecify.annotations.NullMarked;

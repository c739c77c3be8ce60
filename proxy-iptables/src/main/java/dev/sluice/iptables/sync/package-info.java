/** Brings the kernel's tables from what they hold to what was rendered, one restore at a time. Does not know what a rule says. */
@NullMarked
package dev.sluice.iptables.sync;

import org.jspecify.annotations.NullMarked;

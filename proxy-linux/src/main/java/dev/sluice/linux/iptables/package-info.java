/** iptables-restore and iptables-save, in the variant that the host already uses. */
@NullMarked
package dev.sluice.linux.iptables;

import org.jspecify.annotations.NullMarked;

/** Notices changes of iptables rules that others make. */
@NullMarked
package dev.sluice.linux.rulewatch;

import org.jspecify.annotations.NullMarked;

/** Processes of the host's own tools: the iptables tools and modprobe, nothing else. */
@NullMarked
package dev.sluice.linux.process;

import org.jspecify.annotations.NullMarked;

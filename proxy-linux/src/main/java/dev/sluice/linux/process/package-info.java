/** Runs the host's own tools: the iptables tools and modprobe. The only package that starts a process. */
@NullMarked
package dev.sluice.linux.process;

import org.jspecify.annotations.NullMarked;

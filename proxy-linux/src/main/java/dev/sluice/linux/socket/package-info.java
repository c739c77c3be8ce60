/** What sockets and processes need of the kernel beyond the JDK: original destinations, descriptor limits. */
@NullMarked
package dev.sluice.linux.socket;

import org.jspecify.annotations.NullMarked;

/**
 * The host as the modes need it: kernel interfaces and tools, opened when a mode asks for them. Knows no mode and nothing of what
 * they say to the kernel.
 */
@NullMarked
package dev.sluice.linux.host;

import org.jspecify.annotations.NullMarked;

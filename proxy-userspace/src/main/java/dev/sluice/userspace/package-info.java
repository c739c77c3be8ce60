/** WHAT, as an epoll proxy in this process. */
@NullMarked
package dev.sluice.userspace;

import org.jspecify.annotations.NullMarked;

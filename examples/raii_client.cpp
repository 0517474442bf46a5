/* SPDX-License-Identifier: MIT */
/*
 * A client in C++: handles that close themselves, failures that are exceptions.
 *
 * The class owns one handle and nothing else. It can be moved and not copied, and whatever
 * way a function is left, the handle is closed. The last error is taken where it happens,
 * before anything else can change it.
 *
 * usage: raii_client name message...; prints the answers.
 */
#include <windows.h>

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

class win32_error : public std::runtime_error {
public:
	explicit win32_error(const char *what, DWORD error = GetLastError())
		: std::runtime_error(std::string(what) + ": error " + std::to_string(error)),
		  code(error)
	{
	}
	DWORD code;
};

class pipe_client {
public:
	explicit pipe_client(const std::string &name, DWORD timeout = 20000)
		: handle(open(name, timeout))
	{
		DWORD mode = PIPE_READMODE_MESSAGE;

		if (!SetNamedPipeHandleState(handle, &mode, nullptr, nullptr)) {
			win32_error error("SetNamedPipeHandleState");
			CloseHandle(handle);
			throw error;
		}
	}
	pipe_client(pipe_client &&other) noexcept
		: handle(std::exchange(other.handle, INVALID_HANDLE_VALUE))
	{
	}
	pipe_client &operator=(pipe_client &&other) noexcept
	{
		std::swap(handle, other.handle);
		return *this;
	}
	~pipe_client()
	{
		if (handle != INVALID_HANDLE_VALUE)
			CloseHandle(handle);
	}

	void send(const std::string &message)
	{
		DWORD written;

		if (!WriteFile(handle, message.data(), static_cast<DWORD>(message.size()),
			       &written, nullptr))
			throw win32_error("WriteFile");
	}

	/* A whole message, whatever its length. */
	std::string receive()
	{
		std::string message;
		std::vector<char> part(32);
		DWORD length;

		while (!ReadFile(handle, part.data(), static_cast<DWORD>(part.size()), &length,
				 nullptr)) {
			if (GetLastError() != ERROR_MORE_DATA)
				throw win32_error("ReadFile");
			message.append(part.data(), length);
		}
		return message.append(part.data(), length);
	}

private:
	static HANDLE open(const std::string &name, DWORD timeout)
	{
		for (;;) {
			HANDLE h = CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0,
					       nullptr, OPEN_EXISTING, 0, nullptr);
			if (h != INVALID_HANDLE_VALUE)
				return h;
			if (GetLastError() != ERROR_PIPE_BUSY)
				throw win32_error("CreateFile");
			if (!WaitNamedPipeA(name.c_str(), timeout))
				throw win32_error("WaitNamedPipe");
		}
	}

	HANDLE handle;
};

int main(int argc, char **argv)
{
	if (argc < 3) {
		std::cerr << "usage: raii_client name message..." << std::endl;
		return 2;
	}
	try {
		pipe_client first(argv[1]);
		pipe_client client(std::move(first));

		for (int i = 2; i < argc; i++) {
			client.send(argv[i]);
			std::cout << client.receive() << std::endl;
		}
	} catch (const win32_error &error) {
		std::cerr << error.what() << std::endl;
		return error.code == ERROR_FILE_NOT_FOUND ? 3 : 1;
	}
	return 0;
}

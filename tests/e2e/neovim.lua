-- Driven by test_lsp.py: a real editor with the server, headless. Prints one line of JSON for each
-- thing that it saw.
--   nvim --headless --clean -u NONE -l is of later versions; this is sourced with -c 'luafile ...'.
local program, folder = vim.env.SUPCHECK, vim.env.SUP_TEST_FOLDER
local patience = tonumber(vim.env.SUP_TEST_PATIENCE or '20') * 1000

local function tell(name, value)
  io.stdout:write(vim.fn.json_encode({ name, value }) .. '\n')
end

local function finish(status)
  io.stdout:flush()
  vim.cmd(status == 0 and 'qall!' or 'cquit!')
end

local function wait(what, condition)
  if not vim.wait(patience, condition, 10) then
    tell('gave up', what)
    finish(1)
  end
end

local function main()
  vim.cmd('edit ' .. folder .. '/supervisord.conf')
  local buffer = vim.api.nvim_get_current_buf()
  local client_id = vim.lsp.start_client({ name = 'supcheck', cmd = { program, 'lsp' }, root_dir = folder })
  vim.lsp.buf_attach_client(buffer, client_id)
  local client = vim.lsp.get_client_by_id(client_id)

  local function found()
    local rows = {}
    for _, each in ipairs(vim.diagnostic.get(buffer)) do
      table.insert(rows, each.code .. ' ' .. each.lnum .. ':' .. each.col)
    end
    table.sort(rows)
    return rows
  end

  local function ask(method, line, character, more)
    local params = { textDocument = vim.lsp.util.make_text_document_params(buffer) }
    if line then params.position = { line = line, character = character } end
    for key, value in pairs(more or {}) do params[key] = value end
    local answer = client.request_sync(method, params, patience, buffer)
    if not answer or answer.err then
      tell('no answer', { method, answer and answer.err })
      finish(1)
    end
    return answer.result
  end

  wait('diagnostics', function() return #found() > 0 end)
  tell('diagnostics', found())

  -- As one types: the option is mended, its finding goes.
  vim.api.nvim_buf_set_text(buffer, 3, 5, 3, 5, { 't' })
  wait('fewer diagnostics', function() return #found() == 1 end)
  tell('after a key', found())
  vim.api.nvim_buf_set_text(buffer, 3, 5, 3, 6, { '' })
  wait('diagnostics again', function() return #found() == 2 end)

  tell('hover', ask('textDocument/hover', 2, 2).contents.value)

  local labels = {}
  local items = vim.lsp.util.extract_completion_items(ask('textDocument/completion', 4, 13))
  for _, item in ipairs(items) do table.insert(labels, item.label) end
  tell('completion', labels)

  -- As the keys of a user do it.
  vim.api.nvim_win_set_cursor(0, { 7, 10 })
  vim.lsp.buf.definition()
  wait('a jump', function() return vim.api.nvim_win_get_cursor(0)[1] == 2 end)
  tell('definition', vim.api.nvim_win_get_cursor(0))

  vim.lsp.util.apply_workspace_edit(
    ask('textDocument/codeAction', nil, nil, {
      range = { start = { line = 3, character = 0 }, ['end'] = { line = 3, character = 3 } },
      context = { diagnostics = {}, only = { 'quickfix' } },
    })[1].edit, client.offset_encoding)
  tell('code action', vim.api.nvim_buf_get_lines(buffer, 3, 4, false)[1])

  local edits = ask('textDocument/formatting', nil, nil, { options = { tabSize = 4, insertSpaces = true } })
  vim.lsp.util.apply_text_edits(edits, buffer, client.offset_encoding)
  tell('formatting', vim.api.nvim_buf_get_lines(buffer, 0, -1, false))

  client.stop()
  wait('the end of the server', function() return client.is_stopped() end)
  tell('stopped', true)
  finish(0)
end

local good, message = pcall(main)
if not good then
  tell('error', message)
  finish(1)
end
